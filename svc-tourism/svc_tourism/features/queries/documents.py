"""What other services published as features."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_tourism.features.models import Feature
from svc_tourism.features.queries.pages import Page, Position, Source, in_degrees, in_language, read_page
from svc_tourism.features.rules import Box, Wanted

_AT: ColumnElement[Any] = literal_column("point(lon, lat)")
_COLUMNS = (
    Feature.kind,
    Feature.id,
    Feature.version,
    Feature.lat,
    Feature.lon,
    Feature.located,
    Feature.village,
    Feature.district,
    Feature.url,
    Feature.source,
    Feature.published_at,
    Feature.expires_at,
    Feature.updated_at,
)
_TEXTS = {"title": Feature.title, "summary": Feature.summary}
_FILTERS = {"district": Feature.district, "village": Feature.village}


async def page_of_documents(
    session: AsyncSession, kind: str, wanted: Wanted, after: Position | None, now: datetime, language: str
) -> Page:
    """Documents of a kind that are neither withdrawn nor expired."""
    box = wanted.box
    source = Source(
        _columns(language),
        Feature.id,
        [*_standing(kind, now), *_narrowed(wanted)],
        by_index=[or_(*map(_holds, box.parts))] if box else (),
        by_value=[*in_degrees(box, Feature)] if box else (),
    )
    return await read_page(session, source, wanted.limit, after)


async def find_document(
    session: AsyncSession, kind: str, document_id: str, now: datetime, language: str
) -> Row[Any] | None:
    """One of them."""
    where = [*_standing(kind, now), Feature.id == document_id]
    return (await session.execute(select(*_columns(language)).where(*where))).one_or_none()


def _holds(box: Box) -> ColumnElement[bool]:
    corners = func.box(func.point(box.west, box.south), func.point(box.east, box.north))
    return _AT.op("<@", is_comparison=True)(corners)


@cache
def _columns(language: str) -> tuple[Any, ...]:
    return (*_COLUMNS, *in_language(_TEXTS, language))


def _standing(kind: str, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield Feature.kind == kind
    yield Feature.gone_at.is_(None)
    yield or_(Feature.expires_at.is_(None), Feature.expires_at > now)


def _narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for name, value in wanted.filters:
        yield _FILTERS[name] == value
    if wanted.period is not None:
        if wanted.period.start is not None:
            yield Feature.ends_at >= wanted.period.start
        if wanted.period.end is not None:
            yield Feature.published_at <= wanted.period.end
