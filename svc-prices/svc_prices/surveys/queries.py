"""Reads of the survey plan and of a day's completeness."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Date, Row, SmallInteger, Text, and_, bindparam, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.surveys.models import PlannedSurvey, SurveyDay

SURVEYED = "retail"
"""The level a complete survey is counted by: every market has it."""
MOST_MARKETS = 1_000
MarketAndDay = tuple[int, date]
Progress = tuple[int, int]
"""Expected, entered."""


async def named_at(session: AsyncSession, market_id: int, staff_id: str) -> tuple[int, bool]:
    """How many people the market's plan names, and whether this one is among them."""
    hers = func.coalesce(func.bool_or(PlannedSurvey.staff_id == staff_id), False)
    found = await session.execute(select(func.count(), hers).where(PlannedSurvey.market_id == market_id))
    count, named = found.one()
    return count, named


async def progress(session: AsyncSession, days: Sequence[MarketAndDay]) -> Mapping[MarketAndDay, Progress]:
    """How many commodities are expected on each market, and how many of them were entered for its day."""
    markets, dates = (list(column) for column in zip(*days, strict=True))
    rows = await session.execute(_PROGRESS, {"markets": markets, "days": dates, "level": SURVEYED})
    return {(row.market_id, row.day): (row.expected, row.entered) for row in rows}


async def opened(session: AsyncSession, days: Sequence[MarketAndDay]) -> Sequence[SurveyDay]:
    """Each market's day, made where it is not there yet, and locked."""
    new = {"expected": 0, "entered": 0, "version": 0}
    given = insert(SurveyDay).values([{"market_id": m, "day": day, **new} for m, day in sorted(days)])
    there = given.on_conflict_do_update(
        index_elements=[SurveyDay.day, SurveyDay.market_id], set_={"entered": SurveyDay.entered}
    )
    found = await session.scalars(there.returning(SurveyDay), execution_options={"populate_existing": True})
    return found.all()


async def codes(session: AsyncSession, market_ids: Iterable[int]) -> Mapping[int, str]:
    """What events call these markets."""
    rows = await session.execute(select(Market.id, Market.code).where(Market.id.in_(set(market_ids))))
    return {row.id: row.code for row in rows}


async def plan_page(
    session: AsyncSession, staff_id: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Lines of the plan by market, all or one person's, and the cursor of the next page."""
    filters = {"list": "plan", "staff": staff_id}
    statement: Any = select(PlannedSurvey, Market.code, Market.name).join(
        Market, Market.id == PlannedSurvey.market_id
    )
    place = (PlannedSurvey.market_id, PlannedSurvey.staff_id)
    if staff_id is not None:
        statement = statement.where(PlannedSurvey.staff_id == staff_id)
    if cursor is not None:
        market_id, last = paging.decode(cursor, filters, 2)
        if type(market_id) is not int or not 0 <= market_id < 32_768:
            raise BadCursor
        statement = statement.where(tuple_(*place) > tuple_(market_id, paging.word(last)))
    rows = (await session.execute(statement.order_by(*place).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    last_row = rows[limit - 1].PlannedSurvey
    return rows[:limit], paging.encode((last_row.market_id, last_row.staff_id), filters)


async def plans(session: AsyncSession) -> Sequence[PlannedSurvey]:
    """The whole plan of active markets."""
    statement = select(PlannedSurvey).join(Market, Market.id == PlannedSurvey.market_id).where(Market.active)
    return (await session.scalars(statement.order_by(PlannedSurvey.market_id))).all()


async def markets_of_day(session: AsyncSession, day: date) -> Sequence[Row[Any]]:
    """Every active market with how far it is that day."""
    on_day = and_(SurveyDay.market_id == Market.id, SurveyDay.day == day)
    statement: Any = select(Market, SurveyDay).outerjoin(SurveyDay, on_day).where(Market.active)
    return (await session.execute(statement.order_by(Market.name, Market.id).limit(MOST_MARKETS))).all()


async def count_expected(session: AsyncSession) -> int:
    """How many commodities a complete survey has."""
    return await session.scalar(select(func.count()).where(Commodity.active)) or 0


async def line(
    session: AsyncSession, market_id: int, staff_id: str, *, lock: bool = False
) -> PlannedSurvey | None:
    """One line of the plan; `lock` also where it is not there yet: for the whole market."""
    if lock:
        await session.execute(select(Market.id).where(Market.id == market_id).with_for_update(key_share=True))
    return await session.get(PlannedSurvey, (market_id, staff_id), with_for_update=lock or None)


_PROGRESS = text("""
SELECT asked.market_id, asked.day, count(*) AS expected, count(o.commodity_id) AS entered
FROM unnest(:markets, :days) AS asked(market_id, day) CROSS JOIN commodities c
LEFT JOIN observations o ON o.commodity_id = c.id AND o.level = :level AND o.market_id = asked.market_id
    AND o.day = asked.day AND o.state <> 'not_surveyed' AND o.status <> 'rejected'
WHERE c.active
GROUP BY asked.market_id, asked.day
""").bindparams(
    bindparam("markets", type_=ARRAY(SmallInteger)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("level", type_=Text),
)
