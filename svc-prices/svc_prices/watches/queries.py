"""Reads of watches: a resident's own, and those that a new price sets off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, LatestPrice
from svc_prices.watches.models import Watch


async def page(
    session: AsyncSession, citizen_id: str, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Hers, oldest first, each with names; and the cursor of the next page."""
    filters = {"list": "watches", "citizen": citizen_id}
    statement = _with_names().where(Watch.citizen_id == citizen_id)
    if cursor is not None:
        statement = statement.where(Watch.id > _position(cursor, filters))
    rows = (await session.execute(statement.order_by(Watch.id).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode((rows[limit - 1].Watch.id,), filters)


async def count(session: AsyncSession, citizen_id: str) -> int:
    """How many she has; nobody else adds one of hers until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(citizen_id, 41))))
    return await session.scalar(select(func.count()).where(Watch.citizen_id == citizen_id)) or 0


async def of_citizen(session: AsyncSession, citizen_id: str, watch_id: UUID) -> Watch | None:
    """One of hers."""
    one = select(Watch).where(Watch.id == watch_id, Watch.citizen_id == citizen_id)
    return (await session.scalars(one.with_for_update())).one_or_none()


async def latest(
    session: AsyncSession, commodity_id: int, level: str, market_id: int | None
) -> Row[Any] | None:
    """(price, day) of the market, or the city's median; None if there never was one."""
    if market_id is not None:
        seen = LatestPrice
        own: Any = select(seen.price, seen.day).where(
            seen.market_id == market_id, seen.commodity_id == commodity_id, seen.level == level
        )
        return (await session.execute(own)).one_or_none()
    city: Any = select(DailyPrice.median.label("price"), DailyPrice.day).where(
        DailyPrice.commodity_id == commodity_id, DailyPrice.level == level
    )
    return (await session.execute(city.order_by(DailyPrice.day.desc()).limit(1))).one_or_none()


async def fired_on_market(session: AsyncSession, market_id: int, most: int) -> Sequence[Row[Any]]:
    """Watches of this market whose threshold its newest prices have reached: (Watch, price, day, names)."""
    seen = LatestPrice
    statement = _with_names(seen.price.label("price"), seen.day.label("day"), seen.source).join(
        seen,
        (seen.commodity_id == Watch.commodity_id)
        & (seen.level == Watch.level)
        & (seen.market_id == Watch.market_id),
    )
    reached = or_(Watch.above <= seen.price, Watch.below >= seen.price)
    fired = statement.where(seen.market_id == market_id, Watch.market_id.is_not(None), reached)
    fired = fired.where(seen.day >= Watch.baseline_day).limit(most)
    return (await session.execute(fired.with_for_update(of=Watch))).all()


async def fired_in_city(session: AsyncSession, market_id: int, markets: int, most: int) -> Sequence[Row[Any]]:
    """The same of watches of the city's median, for whatever this market sells.

    Only medians of at least `markets` markets count.
    """
    seen, day = LatestPrice, DailyPrice
    newest = (
        select(day.median.label("price"), day.day, day.source)
        .where(day.commodity_id == seen.commodity_id, day.level == seen.level, day.markets >= markets)
        .order_by(day.day.desc())
        .limit(1)
        .correlate(seen)
        .lateral("newest")
    )
    reached = or_(Watch.above <= newest.c.price, Watch.below >= newest.c.price)
    statement = (
        _with_names(newest.c.price.label("price"), newest.c.day.label("day"), newest.c.source)
        .join(seen, (seen.commodity_id == Watch.commodity_id) & (seen.level == Watch.level))
        .join(newest, true())
        .where(seen.market_id == market_id, Watch.market_id.is_(None), reached)
        .where(newest.c.day >= Watch.baseline_day)
    )
    return (await session.execute(statement.limit(most).with_for_update(of=Watch))).all()


async def count_markets(session: AsyncSession) -> int:
    """How many are surveyed."""
    return await session.scalar(select(func.count()).where(Market.active)) or 0


def _with_names(*more: Any) -> Any:
    names = (Commodity.code, Commodity.name, Commodity.unit, Market.code.label("market"))
    statement = select(Watch, *names, Market.name.label("market_name"), *more)
    joined = statement.join(Commodity, Commodity.id == Watch.commodity_id)
    return joined.outerjoin(Market, Market.id == Watch.market_id)


def _position(cursor: str, filters: dict[str, Any]) -> UUID:
    (watch_id,) = paging.decode(cursor, filters, 1)
    try:
        return UUID(watch_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
