"""An article in words: labels, addresses, JSON-LD, and the events that tell the city of it."""

from svc_news.articles.documents.events import AGENDA_TAG, TAG, events_of, media_of, published
from svc_news.articles.documents.linked import linked_data
from svc_news.articles.documents.words import FEED_TYPES, Words, image_link, in_both, link

__all__ = [
    "AGENDA_TAG",
    "FEED_TYPES",
    "TAG",
    "Words",
    "events_of",
    "image_link",
    "in_both",
    "link",
    "linked_data",
    "media_of",
    "published",
]
