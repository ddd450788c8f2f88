"""A feed written out: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1."""

from collections.abc import Callable
from typing import Literal

from svc_news.feeds.documents.atom import atom
from svc_news.feeds.documents.json_feed import json_feed
from svc_news.feeds.documents.rss import rss
from svc_news.feeds.usecases import Feed, Scope

Form = Literal["atom", "rss", "json"]
WRITERS: dict[Form, Callable[[Feed], bytes]] = {"atom": atom, "rss": rss, "json": json_feed}
LARGEST = 200_000
"""Bytes of a feed that is kept; there are about a hundred (scopes by forms by languages)."""


class Written:
    """Feeds as they were last written: readers come back far more often than an editor does."""

    def __init__(self) -> None:
        self._last: dict[tuple[Form, str, Scope], tuple[object, bytes]] = {}

    def of(self, feed: Feed, form: Form) -> bytes:
        """The bytes, written anew if an entry came, changed or went."""
        place, says = (form, feed.words.language, feed.scope), [(row.id, row.version) for row in feed.rows]
        known = self._last.get(place)
        if known is not None and known[0] == says:
            return known[1]
        content = WRITERS[form](feed)
        self._last.pop(place, None)
        if len(content) <= LARGEST:
            self._last[place] = says, content
        return content


__all__ = ["LARGEST", "WRITERS", "Form", "Written"]
