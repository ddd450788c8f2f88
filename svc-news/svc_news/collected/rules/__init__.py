"""From the bytes of a feed to items, and which items tell the same story: pure."""

from svc_news.collected.rules.entry import Entry, Unreadable
from svc_news.collected.rules.items import MOST_ITEMS, Item, Reading, read_feed
from svc_news.collected.rules.likeness import (
    WINDOW,
    likeness,
    nearby_marks,
    same_story,
    story_marks,
    story_words,
)

__all__ = [
    "MOST_ITEMS",
    "WINDOW",
    "Entry",
    "Item",
    "Reading",
    "Unreadable",
    "likeness",
    "nearby_marks",
    "read_feed",
    "same_story",
    "story_marks",
    "story_words",
]
