"""Writing made-up prices in one statement."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ARRAY, Date, DateTime, Integer, SmallInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

Made = tuple[int, int, date, int | None]
"""Commodity, market, day, whole rupiah or None where there was none to buy."""


async def insert_missing(
    session: AsyncSession, made: Sequence[Made], now: datetime
) -> list[tuple[int, int, date]]:
    """Inserts those of which nothing is said yet, source demo; answers commodity, market, day of each."""
    commodities, markets, days, prices = (list(column) for column in zip(*made, strict=True))
    values = {"commodities": commodities, "markets": markets, "days": days, "prices": prices, "now": now}
    return [tuple(row) for row in await session.execute(_INSERT, values)]


_INSERT = text("""
INSERT INTO observations
    (commodity_id, level, market_id, day, version, state, price, status, entered_by, source,
     observed_at, received_at)
SELECT commodity_id, 'retail', market_id, day, 1,
    CASE WHEN price IS NULL THEN 'not_available' ELSE 'price' END, price, 'published', 'demo', 'demo',
    :now, :now
FROM unnest(:commodities, :markets, :days, :prices) AS made(commodity_id, market_id, day, price)
ON CONFLICT DO NOTHING
RETURNING commodity_id, market_id, day
""").bindparams(
    bindparam("commodities", type_=ARRAY(SmallInteger)),
    bindparam("markets", type_=ARRAY(SmallInteger)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("prices", type_=ARRAY(Integer)),
    bindparam("now", type_=DateTime(timezone=True)),
)
