"""Atom 1.0 (RFC 4287)."""

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from svc_news.articles.documents import FEED_TYPES
from svc_news.feeds.documents.entries import add, categories, html_of, urn, written
from svc_news.feeds.usecases import Feed

_NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)


def atom(feed: Feed) -> bytes:
    """The feed; `updated` is the newest entry's, as entries change and not as they go."""
    words, path = feed.words, feed.scope.path
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": words.language})
    add(root, "id", urn(feed.id))
    add(root, "title", feed.title)
    add(root, "subtitle", words.text("feed.about", city=words.city))
    add(root, "updated", _at(max((row.updated_at for row in feed.rows), default=_NOTHING_YET), feed))
    add(add(root, "author"), "name", words.city)
    add(root, "link", rel="self", type=FEED_TYPES["atom"], href=words.absolute(f"{path}.atom"))
    for form in ("rss", "json"):
        add(root, "link", rel="alternate", type=FEED_TYPES[form], href=words.absolute(f"{path}.{form}"))
    add(root, "generator", "svc-news")
    for row in feed.rows:
        _entry(root, feed, row)
    return written(root)


def _entry(root: Element, feed: Feed, row: Any) -> None:
    words = feed.words
    entry = add(root, "entry", **{"xml:lang": words.spoken(row.title)})
    add(entry, "id", urn(row.id))
    add(entry, "title", words.headline(row))
    add(entry, "link", rel="alternate", href=words.page(row))
    add(entry, "published", _at(row.published_at, feed))
    add(entry, "updated", _at(row.updated_at, feed))
    if row.byline:
        add(add(entry, "author"), "name", row.byline)
    for term, label in categories(row, words):
        add(entry, "category", term=term, label=label)
    add(entry, "summary", words.of(row.summary))
    add(entry, "content", html_of(feed, row), type="html")


def _at(moment: datetime, feed: Feed) -> str:
    return str(feed.words.local(moment).isoformat(timespec="seconds"))
