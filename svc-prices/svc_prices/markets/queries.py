"""Reads of markets."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
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
        if not isinstance(name, str) or not name.isprintable() or type(market_id) is not int:
            raise BadCursor
        if not 0 <= market_id < 32_768:
            raise BadCursor
        statement = statement.where(tuple_(Market.name, Market.id) > tuple_(name, market_id))
    rows = (await session.scalars(statement.order_by(Market.name, Market.id).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode((rows[limit - 1].name, rows[limit - 1].id), _FILTERS)


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> Market | None:
    """One of them, active or not."""
    statement = select(Market).where(Market.code == code)
    return (await session.scalars(statement.with_for_update() if lock else statement)).one_or_none()


async def count(session: AsyncSession) -> int:
    """How many there are, closed ones too."""
    return await session.scalar(select(func.count()).select_from(Market)) or 0


async def insert_new(session: AsyncSession, row: Mapping[str, Any]) -> Market | None:
    """The new one, or None if its code is taken."""
    given = insert(Market).values(row).on_conflict_do_nothing().returning(Market)
    return (await session.scalars(given)).one_or_none()


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Market]:
    """Active ones with a greater document id, in that order."""
    statement = select(Market).where(Market.active)
    statement = statement.where(Market.document_id > last) if last is not None else statement
    return (await session.scalars(statement.order_by(Market.document_id).limit(limit))).all()
