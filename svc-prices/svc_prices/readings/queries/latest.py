"""The newest prices with what they were 1, 7 and 30 days before, page by page.

Written as SQL: to put statements of this size together by SQLAlchemy cost more than to run them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, Row, Text, TextualSelect, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.markets.models import Market
from svc_prices.observations.models import LatestPrice
from svc_prices.readings.rules import NEAR_DAYS, SPANS

MOST_MARKETS = 200
Found = tuple[Sequence[Row[Any]], str | None]


async def latest_page(
    session: AsyncSession,
    level: str,
    commodity: str | None,
    market: str | None,
    limit: int,
    cursor: str | None,
) -> Found:
    """The newest published price of each commodity on each market, by market, then commodity.

    Of all, or of the commodity and the market of these codes.
    """
    asked = {"commodity": commodity, "market": market}
    filters = {"list": "latest", "level": level, **asked}
    values: dict[str, Any] = {"level": level, "most": limit + 1}
    values |= {name: value for name, value in asked.items() if value is not None}
    if cursor is not None:
        values["after_market"], values["after_commodity"] = _numbers(cursor, filters)
    statement = _latest(commodity is not None, market is not None, cursor is not None)
    rows = (await session.execute(statement, values)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.market_id, last.commodity_id), filters)


async def medians_page(session: AsyncSession, level: str, limit: int, cursor: str | None) -> Found:
    """The city's newest median of each commodity, in the order of the list."""
    filters = {"list": "medians", "level": level}
    position, last_id = _numbers(cursor, filters) if cursor is not None else (-1, -1)
    values = {"level": level, "most": limit + 1, "position": position, "last_id": last_id}
    rows = (await session.execute(_medians(), values)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.position, last.commodity_id), filters)


async def compare(session: AsyncSession, commodity_id: int, level: str) -> Sequence[Row[Any]]:
    """Every active market with its newest price, the cheapest first; without one at the end."""
    here = (
        (LatestPrice.market_id == Market.id)
        & (LatestPrice.commodity_id == commodity_id)
        & (LatestPrice.level == level)
    )
    seen = (LatestPrice.day, LatestPrice.price, LatestPrice.source, LatestPrice.observed_at)
    statement: Any = (
        select(Market.code, Market.name, Market.lat, Market.lon, *seen)
        .outerjoin(LatestPrice, here)
        .where(Market.active)
        .order_by(LatestPrice.price.nulls_last(), Market.name, Market.id)
        .limit(MOST_MARKETS)
    )
    return (await session.execute(statement)).all()


async def usual(session: AsyncSession, level: str, today: date) -> Sequence[Row[Any]]:
    """Of each commodity: on how many days of the year before today there was a median, and its quartiles."""
    wanted = {"level": level, "today": today, "since": today - timedelta(days=365)}
    return (await session.execute(_USUAL, wanted)).all()


def _numbers(cursor: str, filters: dict[str, Any]) -> list[int]:
    position = paging.decode(cursor, filters, 2)
    if not all(type(each) is int and 0 <= each < 32_768 for each in position):
        raise BadCursor
    return position


def _typed(statement: str) -> TextualSelect:
    return text(statement).columns(commodity_name=JSONB)


def _then(days: int, table: str, price: str, more: str) -> str:
    """(day, price) of the nearest published day that is `days` back or up to three more, if there is one."""
    return f"""
LEFT JOIN LATERAL (
    SELECT o.day AS day_{days}, o.{price} AS price_{days} FROM {table} o
    WHERE o.commodity_id = page.commodity_id AND o.level = page.level {more}
        AND o.day BETWEEN page.day - {days + NEAR_DAYS} AND page.day - {days}
    ORDER BY o.day DESC LIMIT 1
) then_{days} ON true"""  # noqa: S608 - our own names and numbers


_NAMES = "c.code AS commodity, c.name AS commodity_name, c.unit, c.category"
_CHANGED = ", ".join(f"day_{days}, price_{days}" for days in SPANS)


@cache
def _latest(commodity: bool, market: bool, after: bool) -> TextualSelect:
    """The page that these filters ask for."""
    where = "AND c.code = :commodity " if commodity else ""
    where += "AND m.code = :market " if market else ""
    where += "AND (p.market_id, p.commodity_id) > (:after_market, :after_commodity) " if after else ""
    counts = "AND o.market_id = page.market_id AND o.status = 'published' AND o.state = 'price'"
    then = "".join(_then(days, "observations", "price", counts) for days in SPANS)
    return _typed(f"""
SELECT page.*, {_CHANGED} FROM (
    SELECT p.market_id, p.commodity_id, p.level, p.day, p.price, p.source, p.observed_at,
        {_NAMES}, m.code AS market, m.name AS market_name
    FROM latest_prices p JOIN commodities c ON c.id = p.commodity_id JOIN markets m ON m.id = p.market_id
    WHERE p.level = :level AND c.active AND m.active {where}
    ORDER BY p.market_id, p.commodity_id LIMIT :most
) page {then}
ORDER BY page.market_id, page.commodity_id""")  # noqa: S608 - put together of our own words


@cache
def _medians() -> TextualSelect:
    then = "".join(_then(days, "daily_prices", "median", "") for days in SPANS)
    return _typed(f"""
SELECT page.*, {_CHANGED} FROM (
    SELECT c.id AS commodity_id, c.position, {_NAMES}, newest.* FROM commodities c CROSS JOIN LATERAL (
        SELECT d.level, d.day, d.median, d.lowest, d.highest, d.markets, d.source FROM daily_prices d
        WHERE d.commodity_id = c.id AND d.level = :level ORDER BY d.day DESC LIMIT 1
    ) newest
    WHERE c.active AND (c.position, c.id) > (:position, :last_id)
    ORDER BY c.position, c.id LIMIT :most
) page {then}
ORDER BY page.position, page.commodity_id""")  # noqa: S608 - put together of our own words


_USUAL = text("""
SELECT c.id, q.days, q.parts
FROM commodities c CROSS JOIN LATERAL (
    SELECT count(*) AS days, percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY d.median) AS parts
    FROM daily_prices d
    WHERE d.commodity_id = c.id AND d.level = :level AND d.day >= :since AND d.day < :today
) q
WHERE c.active
""").bindparams(
    bindparam("level", type_=Text), bindparam("today", type_=Date), bindparam("since", type_=Date)
)
