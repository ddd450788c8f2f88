"""What stands in a feed, and since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.areas import District
from shared.errors import NotFound
from svc_news.articles import usecases as articles
from svc_news.articles.documents import Words
from svc_news.articles.queries import Filters
from svc_news.articles.usecases import Correction

ENTRIES = 30
_FEEDS = UUID("3f6d1f0a-6f0b-5a53-9a51-5c9a4f1f9e21")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a feed is of: everything, one district, or one kind."""

    kind: str | None = None
    district: str | None = None

    @property
    def path(self) -> str:
        """Its address without the ending."""
        part = f"/kinds/{self.kind}" if self.kind else f"/{self.district}" if self.district else ""
        return f"/feeds/news{part}"


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest entries of a scope, in one language. `modified_at`: when the public last saw any change."""

    scope: Scope
    words: Words
    title: str
    rows: Sequence[Row[Any]]
    corrections: Mapping[UUID, list[Correction]]
    modified_at: datetime | None

    @property
    def id(self) -> UUID:
        """Follows from city and scope alone, never from an address."""
        return uuid5(_FEEDS, f"{self.words.run.city.code}{self.scope.path}")

    @property
    def last_modified(self) -> datetime | None:
        """The next whole second: HTTP has no finer ones, and a later change must not hide in this one."""
        if self.modified_at is None:
            return None
        return (self.modified_at + timedelta(microseconds=999_999)).replace(microsecond=0)


async def feed(session: AsyncSession, words: Words, scope: Scope) -> Feed:
    """The newest 30 of a scope; 404 for a district nobody knows."""
    if scope.district is not None and not isinstance(words.run.city.areas.find(scope.district), District):
        raise NotFound
    filters = Filters(kind=scope.kind, district=scope.district)
    modified_at = await articles.last_change(session)
    rows, corrections = await articles.feed_rows(session, filters, ENTRIES)
    title = words.feed_title(kind=scope.kind, district=scope.district)
    return Feed(scope, words, title, rows, corrections, modified_at)
