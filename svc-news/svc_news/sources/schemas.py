"""A source as staff write it, as the public sees it, and what its managers see beside that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field, StringConstraints

from shared.schemas import Filled, In, Labelled, Out, Text
from svc_news.articles.documents import Words
from svc_news.sources.models import Source
from svc_news.sources.rules import Kind
from svc_news.sources.usecases import Tried

_CODE = r"^[a-z0-9][a-z0-9._-]*$"
Code = Annotated[str, StringConstraints(pattern=_CODE, max_length=60)]
Which = Annotated[str, Path(pattern=_CODE, max_length=60, description="The source's code")]
_Name = Annotated[Filled, Field(max_length=200)]
_Url = Annotated[Text, Field(min_length=8, max_length=2_000)]
_Interval = Annotated[int, Field(ge=15, le=1_440, description="Minutes between two visits")]
_Tags = Annotated[tuple[Code, ...], Field(max_length=20)]


class SourceIn(In):
    """A new source. Of all only excerpts are shown; an agency's are found by the city's search."""

    code: Code
    name: _Name
    url: _Url
    home_url: _Url | None = None
    kind: Kind
    attribution: Annotated[Filled, Field(max_length=500, description="Who wrote it, under which licence")]
    district: Code | None = None
    tags: _Tags = ()
    interval_minutes: _Interval = 60
    active: bool = Field(default=True, strict=True)


class SourceChangeIn(In):
    """What is to be different; whatever is left out stays. The kind never changes: that is another source."""

    name: _Name | None = None
    url: _Url | None = None
    home_url: _Url | None = None
    attribution: Annotated[Filled, Field(max_length=500)] | None = None
    district: Code | None = None
    tags: _Tags | None = None
    interval_minutes: _Interval | None = None
    active: bool | None = Field(default=None, strict=True)


class ManagedOut(Out):
    """What its managers see: the address, and how it is doing, in words they can act on."""

    url: str
    interval_minutes: int
    active: bool
    source: str
    version: int
    state: Labelled
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: Labelled | None
    failures: int = Field(description="In a row, since it last answered")
    next_attempt_at: datetime | None
    items_taken: int
    moved_to: str | None = Field(
        description="Where its server says it is for good: change the address to this"
    )

    @classmethod
    def of(cls, row: Source, words: Words) -> "ManagedOut":
        """As it stands."""
        moments = (row.last_success_at, row.last_failure_at, row.next_attempt_at if row.active else None)
        success, failure, following = (words.local(each) if each else None for each in moments)
        return cls(
            url=row.url,
            interval_minutes=row.interval_minutes,
            active=row.active,
            source=row.source,
            version=row.version,
            state=words.label("source_state", row.state),
            last_success_at=success,
            last_failure_at=failure,
            last_error=words.label("source_error", row.last_error) if row.last_error else None,
            failures=row.failures,
            next_attempt_at=following,
            items_taken=row.items_taken,
            moved_to=row.moved_to,
        )


class SourceOut(Out):
    """Who publishes, and how they want to be named; `managed` for their managers alone."""

    code: str
    name: str
    kind: Labelled
    attribution: str
    home_url: str | None
    district: Labelled | None
    tags: Sequence[str]
    managed: ManagedOut | None = None

    @classmethod
    def of(cls, row: Source, words: Words, *, managed: bool = False) -> "SourceOut":
        """In the language of the answer."""
        return cls(
            code=row.code,
            name=row.name,
            kind=words.label("source_kind", row.kind),
            attribution=row.attribution,
            home_url=row.home_url,
            district=words.area(row.district) if row.district else None,
            tags=row.tags,
            managed=ManagedOut.of(row, words) if managed else None,
        )


class FoundOut(Out):
    """An item as it would be kept; `published_at` is null where the feed gives no date that can be."""

    title: str
    excerpt: str
    link: str
    published_at: datetime | None


class TriedOut(Out):
    """What a visit just now brought; nothing of it is kept."""

    works: bool
    error: Labelled | None
    entries: int
    usable: int = Field(description="How many of the entries would be kept, 200 at most")
    moved_to: str | None
    items: Sequence[FoundOut] = Field(description="The newest, five at most")

    @classmethod
    def of(cls, tried: Tried, words: Words) -> "TriedOut":
        """In words."""
        return cls(
            works=tried.error is None,
            error=words.label("source_error", tried.error) if tried.error else None,
            entries=tried.entries,
            usable=len(tried.items),
            moved_to=tried.moved_to,
            items=[
                FoundOut(
                    title=item.title,
                    excerpt=item.excerpt,
                    link=item.link,
                    published_at=words.local(item.published_at) if item.published_at else None,
                )
                for item in tried.items[:5]
            ],
        )
