"""Reads of places: lists by name, or from the middle of a box outward, each on an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Row,
    Text,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_tourism.places.models import Place, PlaceRevision

AT: ColumnElement[Any] = literal_column("point(x, y)")
SUMMARY = (
    Place.id,
    Place.slug,
    Place.version,
    Place.status,
    Place.category,
    Place.name,
    Place.name_key,
    Place.lat,
    Place.lon,
    Place.x,
    Place.y,
    Place.village,
    Place.district,
    Place.approximate,
    Place.address,
    Place.opening_hours,
    Place.ramadan_hours,
    Place.entry_fee,
    Place.wheelchair,
    Place.photos,
    Place.rating_count,
    Place.rating_sum,
    Place.source,
    Place.attribution,
    Place.updated_at,
)
Rows = Sequence[Row[Any]]
Found = tuple[Rows, str | None]
"""The rows of one page and the cursor of the next."""


@dataclass(frozen=True, slots=True)
class Box:
    """Metres on the city's plane."""

    west: float
    south: float
    east: float
    north: float

    @property
    def middle(self) -> ColumnElement[Any]:
        """The point from which a list of the box goes outward."""
        return at((self.west + self.east) / 2, (self.south + self.north) / 2)

    def holds(self) -> ColumnElement[bool]:
        """Whether a place lies in it."""
        corners = at(self.west, self.south), at(self.east, self.north)
        return AT.op("<@", is_comparison=True)(func.box(*corners))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; `prefix` is one of `name_key`, `here` metres where somebody stands."""

    category: str | None = None
    district: str | None = None
    prefix: str = ""
    box: Box | None = None
    here: tuple[float, float] | None = None

    @property
    def apart(self) -> ColumnElement[float] | None:
        """How far a place is from where the list begins: from `here`, or the box's middle; None: by name."""
        if self.here is None and self.box is None:
            return None
        start = at(*self.here) if self.here is not None else self.box.middle  # type: ignore[union-attr]
        return AT.op("<->", return_type=Float(53))(start)

    def conditions(self) -> list[ColumnElement[bool]]:
        """Listed places alone."""
        found: list[ColumnElement[bool]] = [Place.listed == true()]
        if self.category is not None:
            found.append(Place.category == self.category)
        if self.district is not None:
            found.append(Place.district == self.district)
        if self.prefix:
            found += [Place.name_key >= self.prefix, Place.name_key < self.prefix + "\x7f"]
        if self.box is not None:
            found.append(self.box.holds())
        return found


def at(x: Any, y: Any) -> ColumnElement[Any]:
    """A point in metres."""
    return func.point(cast(x, Float(53)), cast(y, Float(53)))


async def page(session: AsyncSession, filters: Filters, limit: int, cursor: str | None) -> Found:
    """By name; those around a point or in a box by their distance from it or from its middle."""
    apart = filters.apart
    distance = apart if apart is not None else literal(0.0)
    order = (apart, Place.id) if apart is not None else (Place.name_key, Place.id)
    statement = select(*SUMMARY, distance.label("apart")).where(*filters.conditions())
    if cursor is not None:
        statement = statement.where(tuple_(*order) > tuple_(*_position(cursor, filters)))
    rows = (await session.execute(statement.order_by(*order).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_at(rows[limit - 1], filters)


def cursor_at(row: Row[Any], filters: Filters) -> str:
    """Where a list goes on behind this row."""
    return paging.encode((row.name_key if filters.apart is None else row.apart, row.id), _bound(filters))


async def find(session: AsyncSession, ref: str, *, lock: bool = False) -> Place | None:
    """By id or slug, whatever its status."""
    try:
        where = Place.id == UUID(ref)
    except ValueError:
        where = Place.slug == ref
    statement = select(Place).where(where)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def listed(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Those of these that the public finds, in one statement."""
    rows = await session.execute(select(*SUMMARY).where(Place.id.in_(ids), Place.listed == true()))
    return {row.id: row for row in rows}


async def nearest(
    session: AsyncSession, x: float, y: float, wanted: Sequence[tuple[str, int]]
) -> dict[str, list[Row[Any]]]:
    """The nearest of each category, so many of each, with `apart` in metres: one statement for all."""
    if not wanted:
        return {}
    given: dict[str, Any] = {"x": x, "y": y}
    for number, (category, count) in enumerate(wanted):
        given |= {f"kind_{number}": category, f"count_{number}": count}
    found: dict[str, list[Row[Any]]] = {category: [] for category, _ in wanted}
    for row in await session.execute(_mix(len(wanted)), given):
        found[row.category].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.apart, row.id))
    return found


@cache
def _mix(kinds: int) -> Any:
    """The statement for so many kinds: building it costs more than the database takes for it."""
    here = at(bindparam("x"), bindparam("y"))
    apart = AT.op("<->", return_type=Float(53))(here)
    parts = []
    for number in range(kinds):
        of_kind = select(*SUMMARY, apart.label("apart")).where(
            Place.listed == true(), Place.category == bindparam(f"kind_{number}", type_=Text())
        )
        nearest_of_kind = of_kind.order_by(apart).limit(bindparam(f"count_{number}", type_=Integer()))
        parts.append(select(nearest_of_kind.subquery()))
    return union_all(*parts) if kinds > 1 else parts[0]


async def editing(session: AsyncSession, status: str, limit: int, cursor: str | None) -> Found:
    """Places of one status, the last changed first."""
    bound, place = {"list": "editing", "status": status}, (Place.updated_at, Place.id)
    statement = select(*SUMMARY).where(Place.status == status)
    if cursor is not None:
        moment, place_id = paging.decode(cursor, bound, 2)
        statement = statement.where(tuple_(*place) < tuple_(paging.moment(moment), _id(place_id)))
    ordered = statement.order_by(*(column.desc() for column in place)).limit(limit + 1)
    rows = (await session.execute(ordered)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.updated_at.isoformat(), last.id), bound)


async def revisions(
    session: AsyncSession, place_id: UUID, limit: int, cursor: str | None
) -> tuple[Sequence[PlaceRevision], str | None]:
    """Those of a place, the last first."""
    bound = {"list": "revisions", "place": place_id}
    statement = select(PlaceRevision).where(PlaceRevision.place_id == place_id)
    if cursor is not None:
        (version,) = paging.decode(cursor, bound, 1)
        if type(version) is not int or abs(version) >= 1 << 63:
            raise BadCursor
        statement = statement.where(PlaceRevision.version < version)
    ordered = statement.order_by(PlaceRevision.version.desc()).limit(limit + 1)
    rows = (await session.scalars(ordered)).all()
    return rows[:limit], paging.encode((rows[limit - 1].version,), bound) if len(rows) > limit else None


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Place]:
    """Listed ones with a greater id, in the order of their ids."""
    statement = select(Place).where(Place.listed == true())
    statement = statement.where(Place.id > last) if last is not None else statement
    return (await session.scalars(statement.order_by(Place.id).limit(limit))).all()


def _bound(filters: Filters) -> dict[str, Any]:
    return {"list": "places", "filters": filters}


def _position(cursor: str, filters: Filters) -> tuple[Any, UUID]:
    first, place_id = paging.decode(cursor, _bound(filters), 2)
    if filters.apart is None:
        return paging.word(first), _id(place_id)
    if not isinstance(first, float):  # a whole number may be larger than any float
        raise BadCursor
    return cast(first, Float(53)), _id(place_id)


def _id(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
