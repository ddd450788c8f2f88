"""One commodity day by day: of a market, or the city's median."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_prices.observations.models import DailyPrice, Observation


async def city_line(
    session: AsyncSession, commodity_id: int, level: str, first: date, last: date
) -> Sequence[Row[Any]]:
    """(day, price, lowest, highest, markets) of every day with a published price, oldest first."""
    day = DailyPrice
    statement: Any = select(day.day, day.median.label("price"), day.lowest, day.highest, day.markets).where(
        day.commodity_id == commodity_id, day.level == level, day.day.between(first, last)
    )
    return (await session.execute(statement.order_by(day.day))).all()


async def market_line(
    session: AsyncSession, commodity_id: int, level: str, market_id: int, first: date, last: date
) -> Sequence[Row[Any]]:
    """(day, price) of every day with a published price on the market, oldest first."""
    seen = Observation
    statement: Any = select(seen.day, seen.price).where(
        seen.commodity_id == commodity_id,
        seen.level == level,
        seen.market_id == market_id,
        seen.day.between(first, last),
        seen.status == "published",
        seen.state == "price",
    )
    return (await session.execute(statement.order_by(seen.day))).all()
