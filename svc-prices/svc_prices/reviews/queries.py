"""The queue of held prices, the longest waiting first."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, Observation
from svc_prices.observations.rules import RECENT_DAYS

_FILTERS = {"list": "reviews"}
_PLACE = (
    Observation.received_at,
    Observation.commodity_id,
    Observation.level,
    Observation.market_id,
    Observation.day,
)


async def page(
    session: AsyncSession, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Held observations with their names, the market's last price before and the city's median of the day."""
    before, city = _before()
    statement = (
        select(Observation, Market.code, Market.name, Commodity.code.label("commodity"))
        .add_columns(Commodity.name.label("commodity_name"), Commodity.unit.label("of"))
        .add_columns(before.c.day.label("before_day"), before.c.price.label("before_price"))
        .add_columns(city.c.day.label("city_day"), city.c.median, city.c.markets)
        .join(Market, Market.id == Observation.market_id)
        .join(Commodity, Commodity.id == Observation.commodity_id)
        .outerjoin(before, true())
        .outerjoin(city, true())
        .where(Observation.status == "held")
    )
    if cursor is not None:
        statement = statement.where(tuple_(*_PLACE) > tuple_(*_position(cursor)))
    rows = (await session.execute(statement.order_by(*_PLACE).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1].Observation
    place = (last.received_at.isoformat(), last.commodity_id, last.level, last.market_id, last.day)
    return rows[:limit], paging.encode(place, _FILTERS)


def _before() -> tuple[Any, Any]:
    earlier, day = Observation.__table__.alias("earlier"), DailyPrice
    last = (
        select(earlier.c.day, earlier.c.price)
        .where(earlier.c.commodity_id == Observation.commodity_id, earlier.c.level == Observation.level)
        .where(earlier.c.market_id == Observation.market_id, earlier.c.day < Observation.day)
        .where(earlier.c.day >= Observation.day - timedelta(days=RECENT_DAYS))
        .where(earlier.c.status == "published", earlier.c.state == "price")
    )
    middle = select(day.day, day.median, day.markets).where(
        day.commodity_id == Observation.commodity_id,
        day.level == Observation.level,
        day.day <= Observation.day,
    )
    return (
        last.order_by(earlier.c.day.desc()).limit(1).correlate(Observation).lateral("before"),
        middle.order_by(day.day.desc()).limit(1).correlate(Observation).lateral("city"),
    )


def _position(cursor: str) -> list[Any]:
    moment, commodity_id, level, market_id, day = paging.decode(cursor, _FILTERS, 5)
    whole = all(type(each) is int and 0 <= each < 32_768 for each in (commodity_id, market_id))
    try:
        place = [paging.moment(moment), commodity_id, paging.word(level), market_id, date.fromisoformat(day)]
    except (TypeError, ValueError) as error:
        raise BadCursor from error
    if not whole:
        raise BadCursor
    return place
