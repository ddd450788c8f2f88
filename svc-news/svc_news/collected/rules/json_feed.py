"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import json
from collections.abc import Mapping
from typing import Any

from svc_news.collected.rules.entry import LONGEST_TEXT, MOST_ENTRIES, Document, Entry, Unreadable

_VERSION = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")


def read_json(text: str) -> Document:
    """The feed; Unreadable if it is no JSON, or not a JSON Feed."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("malformed") from error
    if not isinstance(feed, dict) or not str(feed.get("version", "")).startswith(_VERSION):
        raise Unreadable("not_a_feed")
    items = feed.get("items")
    if not isinstance(items, list):
        raise Unreadable("not_a_feed")
    entries = [_entry(item) for item in items[:MOST_ENTRIES] if isinstance(item, dict)]
    return Document(entries, _text(feed, "home_page_url"))


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        guid=_text(item, "id"),
        link=_text(item, "url", "external_url"),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=_text(item, "content_html", "content_text"),
        date=_text(item, "date_published", "date_modified"),
    )


def _text(item: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text; version 1.0 allowed a number as id."""
    for name in names:
        value = item.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)[:100]
        if isinstance(value, str) and value.strip():
            return value.strip()[:LONGEST_TEXT]
    return ""
