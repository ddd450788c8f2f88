"""Reads of the city's daily medians: months over ten years, days over one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Date, Row, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from svc_prices.commodities.models import Commodity

MOST = 500


async def listed(session: AsyncSession) -> Sequence[Row[Any]]:
    """Active commodities in the order of lists."""
    what = (Commodity.id, Commodity.code, Commodity.name, Commodity.unit, Commodity.position)
    statement = select(*what).where(Commodity.active).order_by(Commodity.position, Commodity.id)
    return (await session.execute(statement.limit(MOST))).all()


@dataclass(slots=True)
class Series:
    """Medians of one commodity, by day or by month number (12 × year + month − 1), and their sources."""

    prices: dict[Any, float] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)


async def months(session: AsyncSession, since: date, before: date) -> Mapping[int, Series]:
    """The median of each month's daily medians, by commodity."""
    found: dict[int, Series] = defaultdict(Series)
    for row in await session.execute(_MONTHS, {"since": since, "before": before}):
        found[row.commodity_id].prices[row.number] = row.median
        found[row.commodity_id].sources.update(row.sources)
    return dict(found)


async def days(session: AsyncSession, since: date) -> Mapping[int, Series]:
    """The daily medians from that day on, by commodity."""
    found: dict[int, Series] = defaultdict(Series)
    for row in await session.execute(_DAYS, {"since": since}):
        found[row.commodity_id].prices[row.day] = row.median
        found[row.commodity_id].sources.add(row.source)
    return dict(found)


_DAYS = text("""
SELECT c.id AS commodity_id, d.day, d.median, d.source
FROM commodities c CROSS JOIN LATERAL (
    SELECT day, median, source FROM daily_prices
    WHERE commodity_id = c.id AND level = 'retail' AND day >= :since
    ORDER BY day DESC LIMIT 400
) d
WHERE c.active
""").bindparams(bindparam("since", type_=Date))
_MONTHS = text("""
SELECT c.id AS commodity_id, m.number, m.median, m.sources
FROM commodities c CROSS JOIN LATERAL (
    SELECT (12 * extract(year FROM d.day) + extract(month FROM d.day) - 1)::integer AS number,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY d.median) AS median,
        array_agg(DISTINCT d.source) AS sources
    FROM daily_prices d
    WHERE d.commodity_id = c.id AND d.level = 'retail' AND d.day >= :since AND d.day < :before
    GROUP BY 1
) m
WHERE c.active
""").bindparams(bindparam("since", type_=Date), bindparam("before", type_=Date))
