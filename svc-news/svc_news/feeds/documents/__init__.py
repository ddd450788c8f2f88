"""A feed written out: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1."""

from collections.abc import Callable
from typing import Literal

from svc_news.feeds.documents.atom import atom
from svc_news.feeds.documents.json_feed import json_feed
from svc_news.feeds.documents.rss import rss
from svc_news.feeds.usecases import Feed

Form = Literal["atom", "rss", "json"]
WRITERS: dict[Form, Callable[[Feed], bytes]] = {"atom": atom, "rss": rss, "json": json_feed}

__all__ = ["WRITERS", "Form"]
