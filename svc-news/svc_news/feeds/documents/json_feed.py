"""JSON Feed 1.1 (jsonfeed.org)."""

import json
from typing import Any

from svc_news.articles.documents import image_link
from svc_news.feeds.documents.entries import categories, html_of, urn
from svc_news.feeds.usecases import Feed
from svc_news.markup.rules import xml_safe


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON."""
    words, path = feed.words, feed.scope.path
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": xml_safe(feed.title),
        "home_page_url": words.absolute("/"),
        "feed_url": words.absolute(f"{path}.json"),
        "description": words.text("feed.about", city=words.city),
        "language": words.language,
        "authors": [{"name": words.city}],
        "items": [_item(feed, row) for row in feed.rows],
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _item(feed: Feed, row: Any) -> dict[str, Any]:
    words = feed.words
    item: dict[str, Any] = {
        "id": urn(row.id),
        "url": words.page(row),
        "title": words.headline(row),
        "content_html": html_of(feed, row),
        "summary": words.of(row.summary),
        "date_published": words.local(row.published_at).isoformat(timespec="seconds"),
        "date_modified": words.local(row.updated_at).isoformat(timespec="seconds"),
        "language": words.spoken(row.title),
        "tags": [label for _, label in categories(row, words)],
    }
    if row.byline:
        item["authors"] = [{"name": row.byline}]
    if row.images:
        item["image"] = words.absolute(image_link(row.id, row.images[0]["media_id"]))
    return item
