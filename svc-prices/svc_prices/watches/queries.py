"""Reads of watches: a resident's own, and those that a new price sets off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Row, Text, Uuid, func, or_, select, text
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
    session: AsyncSession, commodity_id: int, level: str, market_id: int | None, markets: int
) -> Row[Any] | None:
    """(price, day) of the market, or the city's newest median of at least `markets`; None: never was one."""
    if market_id is not None:
        seen = LatestPrice
        own: Any = select(seen.price, seen.day).where(
            seen.market_id == market_id, seen.commodity_id == commodity_id, seen.level == level
        )
        return (await session.execute(own)).one_or_none()
    city: Any = select(DailyPrice.median.label("price"), DailyPrice.day).where(
        DailyPrice.commodity_id == commodity_id, DailyPrice.level == level, DailyPrice.markets >= markets
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
    hit = _IN_CITY.columns(id=Uuid, price=Integer, day=Date, source=Text).subquery("hit")
    statement = _with_names(hit.c.price, hit.c.day, hit.c.source).join(hit, hit.c.id == Watch.id)
    reached = or_(Watch.above <= hit.c.price, Watch.below >= hit.c.price)  # once more, under its lock
    values = {"market": market_id, "markets": markets, "most": most}
    return (await session.execute(statement.where(reached).with_for_update(of=Watch), values)).all()


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


def _reached(threshold: str) -> str:
    return f"""(
        SELECT id FROM watches w
        WHERE w.commodity_id = seen.commodity_id AND w.level = seen.level AND w.market_id IS NULL
            AND w.{threshold} newest.price AND w.baseline_day <= newest.day
        LIMIT :most
    )"""  # noqa: S608 - our own words


#: Each threshold by its own index: with OR every watch of a commodity would be looked at, after every batch.
_IN_CITY = text(f"""
SELECT hit.id, newest.price, newest.day, newest.source
FROM latest_prices seen
CROSS JOIN LATERAL (
    SELECT d.median AS price, d.day, d.source FROM daily_prices d
    WHERE d.commodity_id = seen.commodity_id AND d.level = seen.level AND d.markets >= :markets
    ORDER BY d.day DESC LIMIT 1
) newest
CROSS JOIN LATERAL ({_reached("above <=")} UNION ALL {_reached("below >=")}) hit
WHERE seen.market_id = :market
LIMIT :most
""")  # noqa: S608 - put together of our own words
