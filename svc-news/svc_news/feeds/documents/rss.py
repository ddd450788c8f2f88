"""RSS 2.0, with the best practices of the RSS Advisory Board."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element

from svc_news.articles.documents import FEED_TYPES
from svc_news.feeds.documents.entries import add, as_html, categories, html_of, urn, written
from svc_news.feeds.usecases import Feed

_NAMES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
}
#: Readers take a title for text or for HTML, as they please: with these it means the same to both.
_NO_TAGS = str.maketrans({"<": "‹", ">": "›"})


def rss(feed: Feed) -> bytes:
    """The feed; a guid is no address."""
    words, path = feed.words, feed.scope.path
    root = Element("rss", {"version": "2.0", **_NAMES})
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", words.absolute("/"))
    add(channel, "description", words.text("feed.about", city=words.city))
    add(channel, "language", words.language)
    add(channel, "generator", "svc-news")
    add(channel, "docs", "https://www.rssboard.org/rss-specification")
    if feed.rows:
        add(channel, "lastBuildDate", _at(max(row.updated_at for row in feed.rows), feed))
        add(channel, "pubDate", _at(max(row.published_at for row in feed.rows), feed))
    add(channel, "atom:link", rel="self", type=FEED_TYPES["rss"], href=words.absolute(f"{path}.rss"))
    for row in feed.rows:
        _item(channel, feed, row)
    return written(root)


def _item(channel: Element, feed: Feed, row: Any) -> None:
    words = feed.words
    item = add(channel, "item")
    add(item, "title", words.headline(row).translate(_NO_TAGS))
    add(item, "link", words.page(row))
    add(item, "guid", urn(row.id), isPermaLink="false")
    add(item, "pubDate", _at(row.published_at, feed))
    add(item, "dcterms:modified", words.local(row.updated_at).isoformat(timespec="seconds"))
    add(item, "dc:creator", row.byline or words.city)
    for _, label in categories(row, words):
        add(item, "category", label)
    add(item, "description", as_html(words.of(row.summary)))
    add(item, "content:encoded", html_of(feed, row))


def _at(moment: datetime, feed: Feed) -> str:
    return format_datetime(feed.words.local(moment))
