"""One page in the order of ids, whatever it is narrowed to, without walking the whole table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, Executable, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles

from svc_tourism.features.rules import Box

MOST_COUNTED = 10_000
MOST_IN_A_BOX = 5_000
"""Fewer than without a box: each match stands on a page of the table of its own, that must be read."""
FEW = 2_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where the page before ended, and how many matched on the first page; None: too many to count."""

    last: Any
    matched: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order of their ids; `more`: there are others behind them."""

    rows: Sequence[Any]
    matched: int | None
    more: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A table with what it is narrowed to.

    A box is said twice: `by_index` for a GiST index, that finds few rows quickly, and `by_value` for walking
    the ids, that finds a page among many quickly. PostgreSQL guesses one in a thousand for any box, so it
    is the number counted that decides; whether to count is decided by what it guesses of the values, for
    which it keeps statistics: a box is gathered whole before its count could stop.
    """

    columns: Sequence[Any]
    key: Any
    where: Sequence[ColumnElement[bool]]
    by_index: Sequence[ColumnElement[bool]] = ()
    by_value: Sequence[ColumnElement[bool]] = ()


def in_language(texts: Mapping[str, Any], language: str) -> Iterator[ColumnElement[Any]]:
    """Each text in this language, or in Indonesian where it is empty: decoding both costs more."""
    for name, column in texts.items():
        said = func.coalesce(func.nullif(column[language].astext, ""), column["id"].astext)
        yield func.nullif(said, "").label(name)


def in_degrees(box: Box, table: Any) -> Iterator[ColumnElement[bool]]:
    """Whether `lat` and `lon` of a row lie in the box."""
    yield table.lat.between(box.south, box.north)
    yield or_(*(table.lon.between(part.west, part.east) for part in box.parts))


async def read_page(session: AsyncSession, source: Source, limit: int, after: Position | None) -> Page:
    """One statement, and for the first page of a box two more: the cursor carries the count on."""
    if after is None and not source.by_index:
        return await _first_page(session, source, limit)
    matched = await _count(session, source) if after is None else after.matched
    few = matched is not None and matched <= FEW
    where = [*source.where, *(source.by_index if few else source.by_value)]
    if after is not None:
        where.append(source.key > after.last)
    statement = select(*source.columns).where(*where).order_by(source.key).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    return Page(rows[:limit], matched, len(rows) > limit)


async def _first_page(session: AsyncSession, source: Source, limit: int) -> Page:
    """Rows and count at once."""
    counted = _counted(source).scalar_subquery().label("matched")
    statement = select(*source.columns, counted).where(*source.where).order_by(source.key).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    return Page(rows[:limit], _known(source, rows[0].matched if rows else 0), len(rows) > limit)


async def _count(session: AsyncSession, source: Source) -> int | None:
    """In a box; None for more than are counted."""
    if await _guess(session, source) > MOST_IN_A_BOX:
        return None
    return _known(source, await session.scalar(_counted(source)) or 0)


def _counted(source: Source) -> Select[int]:
    some = select(source.key).where(*source.where, *source.by_index).limit(_most(source) + 1).subquery()
    return select(func.count()).select_from(some)


def _known(source: Source, counted: int) -> int | None:
    return counted if counted <= _most(source) else None


def _most(source: Source) -> int:
    return MOST_IN_A_BOX if source.by_index else MOST_COUNTED


async def _guess(session: AsyncSession, source: Source) -> float:
    """How many rows PostgreSQL expects, from its statistics: nothing is read."""
    plan = await session.scalar(_Explained(select(source.key).where(*source.where, *source.by_value)))
    return float(plan[0]["Plan"]["Plan Rows"])


class _Explained(Executable, ClauseElement):
    """EXPLAIN of a statement, with the statement's own parameters."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: Any, **kwargs: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kwargs)}"
