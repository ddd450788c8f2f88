"""daily_prices, latest_prices and published_days, set anew for whatever a transaction touched."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, Date, DateTime, SmallInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession


class Touched(NamedTuple):
    """An observation whose price may count now, or no longer."""

    commodity_id: int
    level: str
    market_id: int
    day: date


async def recompute(session: AsyncSession, touched: Iterable[Touched], now: datetime) -> None:
    """Sets the day of the city and the newest price of the market anew for each of them.

    The caller has flushed its observations and holds the locks of `lock`: two statements, however many keys.
    """
    keys = list(touched)
    if not keys:
        return
    commodities, levels, markets, days = (list(column) for column in zip(*keys, strict=True))
    values = {"commodities": commodities, "levels": levels, "markets": markets, "days": days}
    daily = {name: values[name] for name in ("commodities", "levels", "days")}
    await session.execute(_DAILY, {**daily, "now": now})
    await session.execute(_LATEST, {name: values[name] for name in ("commodities", "levels", "markets")})


_ARRAYS = (
    bindparam("commodities", type_=ARRAY(SmallInteger)),
    bindparam("levels", type_=ARRAY(Text)),
)
_DAILY = text("""
WITH touched AS (
    SELECT DISTINCT * FROM unnest(:commodities, :levels, :days) AS t(commodity_id, level, day)
),
fresh AS (
    SELECT commodity_id, level, day,
        floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY o.price) + 0.5)::integer AS median,
        min(o.price) AS lowest, max(o.price) AS highest, count(*)::smallint AS markets,
        CASE WHEN bool_or(o.source = 'demo') THEN 'demo'
            WHEN min(o.source) = max(o.source) THEN min(o.source) ELSE 'mixed' END AS source
    FROM touched JOIN observations o USING (day, commodity_id, level)
    WHERE o.status = 'published' AND o.state = 'price'
    GROUP BY commodity_id, level, day
),
gone AS (
    DELETE FROM daily_prices d USING touched t
    WHERE d.commodity_id = t.commodity_id AND d.level = t.level AND d.day = t.day
        AND NOT EXISTS (
            SELECT FROM fresh f
            WHERE f.commodity_id = t.commodity_id AND f.level = t.level AND f.day = t.day
        )
),
noted AS (
    INSERT INTO published_days (day, version, changed_at) SELECT DISTINCT day, 1, :now FROM touched
    ON CONFLICT (day) DO UPDATE SET version = published_days.version + 1, changed_at = excluded.changed_at
)
INSERT INTO daily_prices (commodity_id, level, day, median, lowest, highest, markets, source)
SELECT commodity_id, level, day, median, lowest, highest, markets, source FROM fresh
ON CONFLICT (commodity_id, level, day) DO UPDATE SET
    median = excluded.median, lowest = excluded.lowest, highest = excluded.highest,
    markets = excluded.markets, source = excluded.source
""").bindparams(
    *_ARRAYS, bindparam("days", type_=ARRAY(Date)), bindparam("now", type_=DateTime(timezone=True))
)
_LATEST = text("""
WITH touched AS (
    SELECT DISTINCT * FROM unnest(:commodities, :levels, :markets) AS t(commodity_id, level, market_id)
),
fresh AS (
    SELECT t.commodity_id, t.level, t.market_id, l.*
    FROM touched t CROSS JOIN LATERAL (
        SELECT day, price, lead(day) OVER newest AS previous_day, lead(price) OVER newest AS previous_price,
            source, observed_at
        FROM (
            SELECT o.day, o.price, o.source, o.observed_at FROM observations o
            WHERE o.commodity_id = t.commodity_id AND o.level = t.level AND o.market_id = t.market_id
                AND o.status = 'published' AND o.state = 'price'
            ORDER BY o.day DESC LIMIT 2
        ) two
        WINDOW newest AS (ORDER BY day DESC)
        ORDER BY day DESC LIMIT 1
    ) l
),
gone AS (
    DELETE FROM latest_prices p USING touched t
    WHERE p.market_id = t.market_id AND p.commodity_id = t.commodity_id AND p.level = t.level
        AND NOT EXISTS (
            SELECT FROM fresh f
            WHERE f.market_id = t.market_id AND f.commodity_id = t.commodity_id AND f.level = t.level
        )
)
INSERT INTO latest_prices
    (market_id, commodity_id, level, day, price, previous_day, previous_price, source, observed_at)
SELECT market_id, commodity_id, level, day, price, previous_day, previous_price, source, observed_at
FROM fresh
ON CONFLICT (market_id, commodity_id, level) DO UPDATE SET
    day = excluded.day, price = excluded.price, previous_day = excluded.previous_day,
    previous_price = excluded.previous_price, source = excluded.source, observed_at = excluded.observed_at
""").bindparams(*_ARRAYS, bindparam("markets", type_=ARRAY(SmallInteger)))
