"""Places as features."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.areas import Plane
from svc_tourism.features.queries.pages import Page, Position, Source, in_degrees, in_language, read_page
from svc_tourism.features.rules import Box, Wanted
from svc_tourism.places.models import Place

_AT: ColumnElement[Any] = literal_column("point(x, y)")
_COLUMNS = (
    Place.id,
    Place.version,
    Place.status,
    Place.category,
    Place.lat,
    Place.lon,
    Place.village,
    Place.district,
    Place.approximate,
    Place.address,
    Place.opening_hours,
    Place.entry_fee,
    Place.wheelchair,
    Place.website,
    Place.tags,
    Place.source,
    Place.attribution,
    Place.rating_count,
    Place.rating_sum,
    Place.updated_at,
)
#: Texts of which only one language is read.
_TEXTS = {"name": Place.name, "description": Place.description, "price": Place.price}
_FILTERS = {"category": Place.category, "district": Place.district, "village": Place.village}


async def page_of_places(
    session: AsyncSession,
    category: str | None,
    wanted: Wanted,
    after: Position | None,
    plane: Plane,
    language: str,
) -> Page:
    """Listed places of one category, or of all."""
    where = [Place.listed == true(), *_narrowed(category, wanted)]
    source = Source(
        _columns(language),
        Place.id,
        where,
        by_index=[or_(*(_in_metres(part, plane) for part in wanted.box.parts))] if wanted.box else (),
        by_value=[*in_degrees(wanted.box, Place)] if wanted.box else (),
    )
    return await read_page(session, source, wanted.limit, after)


async def find_place(
    session: AsyncSession, category: str | None, place_id: UUID, language: str
) -> Row[Any] | None:
    """One listed place of the category."""
    where = [Place.listed == true(), Place.id == place_id]
    if category is not None:
        where.append(Place.category == category)
    return (await session.execute(select(*_columns(language)).where(*where))).one_or_none()


@cache
def _columns(language: str) -> tuple[Any, ...]:
    return (*_COLUMNS, *in_language(_TEXTS, language))


def _narrowed(category: str | None, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if category is not None:
        yield Place.category == category
    for name, value in wanted.filters:
        yield _FILTERS[name] == value
    if wanted.period is not None:
        if wanted.period.start is not None:
            yield Place.updated_at >= wanted.period.start
        if wanted.period.end is not None:
            yield Place.updated_at <= wanted.period.end


def _in_metres(box: Box, plane: Plane) -> ColumnElement[bool]:
    west, south = plane.metres(box.south, box.west)
    east, north = plane.metres(box.north, box.east)
    return _AT.op("<@", is_comparison=True)(func.box(func.point(west, south), func.point(east, north)))
