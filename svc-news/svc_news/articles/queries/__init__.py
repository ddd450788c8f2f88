"""Reads of articles."""

from svc_news.articles.queries.agenda import Span, agenda_page, events_within, public_event
from svc_news.articles.queries.lists import (
    FEED,
    SUMMARY,
    Filters,
    Found,
    desk_page,
    newest,
    page_of,
    position,
    public_page,
)
from svc_news.articles.queries.single import (
    corrections_of,
    find,
    last_change,
    of_ref,
    public_after,
    revisions,
    shown_elsewhere,
    slug_owner,
    take_slug,
    wrote,
)

__all__ = [
    "FEED",
    "SUMMARY",
    "Filters",
    "Found",
    "Span",
    "agenda_page",
    "corrections_of",
    "desk_page",
    "events_within",
    "find",
    "last_change",
    "newest",
    "of_ref",
    "page_of",
    "position",
    "public_after",
    "public_event",
    "public_page",
    "revisions",
    "shown_elsewhere",
    "slug_owner",
    "take_slug",
    "wrote",
]
