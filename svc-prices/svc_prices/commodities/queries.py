"""Reads of commodities with their units and reference prices."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
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
        if not all(isinstance(each, int) and 0 <= each < 32_768 for each in position):
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
