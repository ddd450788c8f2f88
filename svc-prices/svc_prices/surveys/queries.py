"""Reads of the survey plan and of a day's completeness."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations.models import Observation
from svc_prices.surveys.models import PlannedSurvey, SurveyDay

SURVEYED = "retail"
"""The level a complete survey is counted by: every market has it."""
MOST_MARKETS = 1_000


async def named_at(session: AsyncSession, market_id: int, staff_id: str) -> tuple[int, bool]:
    """How many people the market's plan names, and whether this one is among them."""
    hers = func.coalesce(func.bool_or(PlannedSurvey.staff_id == staff_id), False)
    found = await session.execute(select(func.count(), hers).where(PlannedSurvey.market_id == market_id))
    count, named = found.one()
    return count, named


async def progress(session: AsyncSession, market_id: int, day: date) -> tuple[int, int]:
    """How many commodities are expected on a market, and how many of them were entered for the day."""
    said = and_(
        Observation.commodity_id == Commodity.id,
        Observation.level == SURVEYED,
        Observation.market_id == market_id,
        Observation.day == day,
        Observation.state != "not_surveyed",
        Observation.status != "rejected",
    )
    counted = select(func.count(Commodity.id), func.count(Observation.commodity_id))
    found = await session.execute(counted.outerjoin(Observation, said).where(Commodity.active))
    expected, entered = found.one()
    return expected, entered


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
        if not isinstance(market_id, int) or not 0 <= market_id < 32_768:
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
    """One line of the plan."""
    return await session.get(PlannedSurvey, (market_id, staff_id), with_for_update=lock or None)
