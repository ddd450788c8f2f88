"""Reads of markets."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.markets.models import Market

_FILTERS = {"list": "markets"}


async def page(session: AsyncSession, limit: int, cursor: str | None) -> tuple[Sequence[Market], str | None]:
    """Active markets by name, and the cursor of the next page."""
    statement = select(Market).where(Market.active)
    if cursor is not None:
        name, market_id = paging.decode(cursor, _FILTERS, 2)
        if not isinstance(name, str) or not name.isprintable() or not isinstance(market_id, int):
            raise BadCursor
        statement = statement.where(tuple_(Market.name, Market.id) > tuple_(name, market_id % 32_768))
    rows = (await session.scalars(statement.order_by(Market.name, Market.id).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode((rows[limit - 1].name, rows[limit - 1].id), _FILTERS)


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> Market | None:
    """One of them, active or not."""
    statement = select(Market).where(Market.code == code)
    return (await session.scalars(statement.with_for_update() if lock else statement)).one_or_none()


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Market]:
    """Active ones with a greater document id, in that order."""
    statement = select(Market).where(Market.active)
    statement = statement.where(Market.document_id > last) if last is not None else statement
    return (await session.scalars(statement.order_by(Market.document_id).limit(limit))).all()
