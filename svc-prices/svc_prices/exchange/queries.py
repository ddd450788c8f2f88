"""Statements over many rows at once: what a file's words mean, rows in, rows out page by page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    Numeric,
    Row,
    Select,
    SmallInteger,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from svc_prices.commodities.models import Commodity, LocalUnit
from svc_prices.exchange import rules
from svc_prices.exchange.rules import Known, KnownCommodity, Prices, Series
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, LatestPrice, Observation, PublishedDay
from svc_prices.observations.rules import RECENT_DAYS

Key = tuple[InstrumentedAttribute[Any], ...]


class Stamp(NamedTuple):
    """What all rows of a file have in common."""

    by: str
    reason: str
    zone: str
    now: datetime


class There(NamedTuple):
    """A row of the file whose key had an observation before; `same` if that said the same."""

    line: int
    same: bool


async def known(session: AsyncSession) -> Known:
    """Markets by name and code, commodities by their names and code, those not active among them.

    Of two that are called the same it is the one still surveyed, or else the newer one.
    """
    places_of: Select[*tuple[Any, ...]] = select(Market.id, Market.code, Market.name)
    markets = (await session.execute(places_of.order_by(Market.active, Market.id))).all()
    places = {word.lower(): row.id for row in markets for word in (row.name, row.code)}
    units: dict[int, dict[str, Decimal]] = {}
    for unit in await session.execute(select(LocalUnit.commodity_id, LocalUnit.code, LocalUnit.factor)):
        units.setdefault(unit.commodity_id, {})[unit.code.lower()] = unit.factor
    goods: dict[str, KnownCommodity] = {}
    listed: Select[*tuple[Any, ...]] = select(Commodity.id, Commodity.code, Commodity.name, Commodity.unit)
    for row in await session.execute(listed.order_by(Commodity.active, Commodity.id)):
        commodity = KnownCommodity(row.id, row.unit.lower(), units.get(row.id, {}))
        goods |= {word.lower(): commodity for word in (*row.name.values(), row.code)}
    return Known(places, goods)


async def market_id(session: AsyncSession, code: str) -> int | None:
    """The market of that code."""
    return await session.scalar(select(Market.id).where(Market.code == code))


async def published_around(
    session: AsyncSession, rows: Iterable[rules.Row]
) -> tuple[Mapping[Series, Prices], Mapping[tuple[int, str], Prices]]:
    """The published prices the rows are judged by: of each market, and the city's medians, by rising days."""
    spans: dict[Series, tuple[date, date]] = {}
    for row in rows:
        series = rules.series_of(row)
        first, last = spans.get(series, (row.day, row.day))
        spans[series] = min(first, row.day), max(last, row.day)
    if not spans:
        return {}, {}
    commodities, levels, markets = (list(column) for column in zip(*spans, strict=True))
    firsts, lasts = (list(column) for column in zip(*spans.values(), strict=True))
    values = {"commodities": commodities, "levels": levels, "markets": markets, "lasts": lasts}
    values["firsts"] = [first - timedelta(days=RECENT_DAYS) for first in firsts]
    own: dict[Series, list[tuple[date, int]]] = {}
    for seen in await session.execute(_OWN, values):
        own.setdefault((seen.commodity_id, seen.level, seen.market_id), []).append((seen.day, seen.price))
    city: dict[tuple[int, str], list[tuple[date, int]]] = {}
    del values["markets"]
    for seen in await session.execute(_CITY, values):
        city.setdefault((seen.commodity_id, seen.level), []).append((seen.day, seen.median))
    return own, city


async def insert_new(
    session: AsyncSession, rows: Sequence[rules.Row], held: Mapping[int, str], stamp: Stamp
) -> list[There]:
    """Inserts what has no observation yet; answers the rows that have one."""
    if not rows:
        return []
    lines, *columns = (list(column) for column in zip(*rows, strict=True))
    names = ("commodities", "levels", "markets", "days", "prices", "units", "amounts", "factors")
    values = dict(zip(names, columns, strict=True))
    values |= {"lines": lines, "held": [held.get(line) for line in lines]}
    return [There(*row) for row in await session.execute(_INSERT, values | stamp._asdict())]


async def published_page(
    session: AsyncSession, first: date, last: date, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """Published prices of the days by day, commodity, level and market; `after` is the last key."""
    key: Key = (Observation.day, Observation.commodity_id, Observation.level, Observation.market_id)
    statement: Select[*tuple[Any, ...]] = select(*key, Observation.price, Observation.source).where(
        Observation.day.between(first, last),
        Observation.status == "published",
        Observation.state == "price",
    )
    if after is not None:
        statement = statement.where(Observation.day >= after[0], tuple_(*key) > tuple_(*after))
    return (await session.execute(statement.order_by(*key).limit(limit))).all()


async def medians_page(
    session: AsyncSession, first: date, last: date, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """The city's retail medians, each with the one before it, in the order of commodity and day."""
    this, before = DailyPrice, DailyPrice.__table__.alias("earlier")
    previous = (
        select(before.c.day, before.c.median)
        .where(before.c.commodity_id == this.commodity_id, before.c.level == "retail")
        .where(before.c.day < this.day)
        .order_by(before.c.day.desc())
        .limit(1)
        .correlate(this)
        .lateral("previous")
    )
    columns = (previous.c.day.label("previous_day"), previous.c.median.label("previous_median"))
    statement = (
        select(this.commodity_id, this.day, this.median, this.source, *columns)
        .outerjoin(previous, text("true"))
        .where(this.commodity_id.in_(select(Commodity.id)), this.level == "retail")
        .where(this.day.between(first, last))
    )
    key = (this.commodity_id, this.day)
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*after))
    return (await session.execute(statement.order_by(*key).limit(limit))).all()


async def every_market(session: AsyncSession) -> Mapping[int, Row[Any]]:
    """What a row says of its market, by id."""
    what: Key = (Market.id, Market.code, Market.name, Market.lat, Market.lon)
    listed: Select[*tuple[Any, ...]] = select(*what)
    return {row.id: row for row in await session.execute(listed)}


async def every_commodity(session: AsyncSession) -> Mapping[int, Row[Any]]:
    """What a row says of its commodity, by id."""
    names: Key = (Commodity.id, Commodity.code, Commodity.name)
    what: Key = (Commodity.category, Commodity.unit, Commodity.panel_id)
    listed: Select[*tuple[Any, ...]] = select(*names, *what)
    return {row.id: row for row in await session.execute(listed)}


async def edition(session: AsyncSession, first: date, last: date) -> Sequence[int]:
    """Numbers that rise with every change to what is published of these days, or to what it is called."""
    found: list[int] = []
    for table in (PublishedDay, Market, Commodity):
        counted = select(func.count(), func.coalesce(func.sum(table.version), 0))
        if table is PublishedDay:
            counted = counted.where(PublishedDay.day.between(first, last))
        found += map(int, (await session.execute(counted.select_from(table))).one())
    return found


async def changed_at(session: AsyncSession, first: date, last: date) -> datetime | None:
    """When what is published of these days changed last."""
    newest = select(func.max(PublishedDay.changed_at)).where(PublishedDay.day.between(first, last))
    return await session.scalar(newest)


async def age_and_sources(session: AsyncSession) -> tuple[date | None, datetime | None, list[str]]:
    """The newest day, when its prices were seen, and where the newest prices come from."""
    newest = select(
        func.max(LatestPrice.day),
        func.max(LatestPrice.observed_at),
        func.array_agg(LatestPrice.source.distinct()),
    )
    day, observed_at, sources = (await session.execute(newest)).one()
    return day, observed_at, sorted(sources or [])


_SERIES = (
    bindparam("commodities", type_=ARRAY(SmallInteger)),
    bindparam("levels", type_=ARRAY(Text)),
)
_MARKETS = bindparam("markets", type_=ARRAY(SmallInteger))
_SPAN = (bindparam("firsts", type_=ARRAY(Date)), bindparam("lasts", type_=ARRAY(Date)))
_OWN = text("""
SELECT s.commodity_id, s.level, s.market_id, o.day, o.price
FROM unnest(:commodities, :levels, :markets, :firsts, :lasts)
    AS s(commodity_id, level, market_id, first, last)
JOIN observations o ON o.commodity_id = s.commodity_id AND o.level = s.level AND o.market_id = s.market_id
    AND o.day BETWEEN s.first AND s.last AND o.status = 'published' AND o.state = 'price'
ORDER BY o.day
""").bindparams(*_SERIES, _MARKETS, *_SPAN)
_CITY = text("""
SELECT s.commodity_id, s.level, d.day, d.median
FROM (
    SELECT commodity_id, level, min(first) AS first, max(last) AS last
    FROM unnest(:commodities, :levels, :firsts, :lasts) AS t(commodity_id, level, first, last)
    GROUP BY commodity_id, level
) s
JOIN daily_prices d ON d.commodity_id = s.commodity_id AND d.level = s.level
    AND d.day BETWEEN s.first AND s.last
ORDER BY d.day
""").bindparams(*_SERIES, *_SPAN)
_INSERT = text("""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        :lines, :commodities, :levels, :markets, :days, :prices, :units, :amounts, :factors, :held
    ) AS t(line, commodity_id, level, market_id, day, price, unit, amount, factor, held_for)
),
inserted AS (
    INSERT INTO observations (
        commodity_id, level, market_id, day, version, state, price, status, unit, amount, factor,
        reason, held_for, entered_by, source, observed_at, received_at
    )
    SELECT commodity_id, level, market_id, day, 1,
        CASE WHEN price IS NULL THEN 'not_available' ELSE 'price' END, price,
        CASE WHEN held_for IS NULL THEN 'published' ELSE 'held' END, unit, amount, factor,
        :reason, held_for, :by, 'import',
        least((day + time '12:00') AT TIME ZONE :zone, :now), :now
    FROM given ORDER BY commodity_id, level, market_id, day
    ON CONFLICT DO NOTHING
)
SELECT line, there.state <> 'not_surveyed' AND there.price IS NOT DISTINCT FROM given.price AS same
FROM given CROSS JOIN LATERAL (
    SELECT o.state, o.price FROM observations o
    WHERE o.commodity_id = given.commodity_id AND o.level = given.level
        AND o.market_id = given.market_id AND o.day = given.day
    LIMIT 1
) there
""").bindparams(
    *_SERIES,
    _MARKETS,
    bindparam("lines", type_=ARRAY(Integer)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("prices", type_=ARRAY(Integer)),
    bindparam("units", type_=ARRAY(Text)),
    bindparam("amounts", type_=ARRAY(Integer)),
    bindparam("factors", type_=ARRAY(Numeric)),
    bindparam("held", type_=ARRAY(Text)),
    bindparam("now", type_=DateTime(timezone=True)),
)
