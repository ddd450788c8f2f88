"""Reads of commodities with their units and reference prices."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.commodities.models import Commodity, LocalUnit, ReferencePrice

_FILTERS = {"list": "commodities"}


async def page(
    session: AsyncSession, limit: int, cursor: str | None
) -> tuple[Sequence[Commodity], str | None]:
    """Active commodities in the order of the list, and the cursor of the next page."""
    statement, place = select(Commodity).where(Commodity.active), (Commodity.position, Commodity.id)
    if cursor is not None:
        position = paging.decode(cursor, _FILTERS, 2)
        if not all(type(each) is int and 0 <= each < 32_768 for each in position):
            raise BadCursor
        statement = statement.where(tuple_(*place) > tuple_(*position))
    rows = (await session.scalars(statement.order_by(*place).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.position, last.id), _FILTERS)


async def by_codes(session: AsyncSession, codes: Iterable[str]) -> Sequence[Commodity]:
    """Those of them that are there, active or not."""
    return (await session.scalars(select(Commodity).where(Commodity.code.in_(list(codes))))).all()


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> Commodity | None:
    """One of them, active or not."""
    statement = select(Commodity).where(Commodity.code == code)
    return (await session.scalars(statement.with_for_update() if lock else statement)).one_or_none()


async def count(session: AsyncSession) -> int:
    """How many there are, those surveyed no longer too."""
    return await session.scalar(select(func.count()).select_from(Commodity)) or 0


async def insert_last(session: AsyncSession, row: Mapping[str, Any]) -> Commodity | None:
    """The new one at the end of the list, or None if its code or its number of the Panel Harga is taken."""
    end = select(func.coalesce(func.max(Commodity.position), 0) + 1).scalar_subquery()
    given = insert(Commodity).values({**row, "position": end}).on_conflict_do_nothing()
    return (await session.scalars(given.returning(Commodity))).one_or_none()


async def with_references(
    session: AsyncSession, code: str
) -> Sequence[tuple[Commodity, ReferencePrice | None]]:
    """One of them, active or not, with each of its reference prices, the newest first; none: nothing."""
    both = select(Commodity, ReferencePrice).outerjoin(ReferencePrice).where(Commodity.code == code)
    rows = await session.execute(both.order_by(ReferencePrice.valid_from.desc()))
    return [(row[0], row[1]) for row in rows]


async def local_units(session: AsyncSession, ids: Iterable[int]) -> Sequence[LocalUnit]:
    """The local units of these commodities."""
    wanted = select(LocalUnit).where(LocalUnit.commodity_id.in_(list(ids)))
    return (await session.scalars(wanted.order_by(LocalUnit.commodity_id, LocalUnit.code))).all()


async def references(session: AsyncSession, ids: Iterable[int]) -> Sequence[ReferencePrice]:
    """The reference prices of these commodities, the newest first."""
    wanted = select(ReferencePrice).where(ReferencePrice.commodity_id.in_(list(ids)))
    return (await session.scalars(wanted.order_by(ReferencePrice.valid_from.desc()))).all()


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Commodity]:
    """Active ones with a greater document id, in that order."""
    statement = select(Commodity).where(Commodity.active)
    statement = statement.where(Commodity.document_id > last) if last is not None else statement
    return (await session.scalars(statement.order_by(Commodity.document_id).limit(limit))).all()
