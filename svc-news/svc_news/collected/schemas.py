"""A story that others told: what it says, who wrote it, where it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from shared.runtime import Run
from shared.schemas import Labelled, Out
from svc_news.articles.documents import Words
from svc_news.articles.schemas import known_district
from svc_news.collected.queries import Filters
from svc_news.collected.usecases import Story

_Code = Annotated[str, Query(max_length=60, pattern=r"^[A-Za-z0-9._-]+$")]


async def _where(
    run: Run,
    source: Annotated[_Code | None, Query(description="Code of a source")] = None,
    district: Annotated[_Code | None, Query(description="Code of a district its source writes about")] = None,
    tag: Annotated[_Code | None, Query(description="A subject its source writes about")] = None,
) -> Filters:
    """What the list is narrowed to; 422 for a district nobody knows."""
    return Filters(source, known_district(run, district), tag)


Where = Annotated[Filters, Depends(_where)]
"""The filters of the list."""


class PublisherOut(Out):
    """Who wrote it, as they want to be named."""

    code: str
    name: str
    kind: Labelled
    attribution: str
    home_url: str | None

    @classmethod
    def of(cls, row: Any, words: Words) -> "PublisherOut":
        """From a row of the list."""
        return cls(
            code=row.code,
            name=row.name,
            kind=words.label("source_kind", row.kind),
            attribution=row.attribution,
            home_url=row.home_url,
        )


class AlsoOut(Out):
    """The same story at another publisher."""

    source: str
    name: str
    title: str
    link: str
    published_at: datetime

    @classmethod
    def of(cls, row: Any, words: Words) -> "AlsoOut":
        """From a row of who else told it."""
        at = words.local(row.published_at)
        return cls(source=row.code, name=row.name, title=row.title, link=row.link, published_at=at)


class CollectedOut(Out):
    """An excerpt of 300 characters at most; the whole stands at `link`, with whoever wrote it.

    Without a date of its own (`dated` false) `published_at` is when it was first seen.
    """

    id: UUID
    title: str
    excerpt: str = Field(max_length=300)
    link: str
    published_at: datetime
    dated: bool
    publisher: PublisherOut
    district: Labelled | None
    tags: Sequence[str]
    also_at: Sequence[AlsoOut]

    @classmethod
    def of(cls, story: Story, words: Words) -> "CollectedOut":
        """In the language of the answer; what others wrote stays in theirs."""
        row = story.row
        return cls(
            id=row.id,
            title=row.title,
            excerpt=row.excerpt,
            link=row.link,
            published_at=words.local(row.published_at),
            dated=row.dated,
            publisher=PublisherOut.of(row, words),
            district=words.area(row.district) if row.district else None,
            tags=row.tags,
            also_at=[AlsoOut.of(each, words) for each in story.also],
        )
