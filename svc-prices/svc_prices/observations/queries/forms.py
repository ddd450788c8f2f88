"""What the entry form of one market and day shows beside each commodity."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Row, SmallInteger, and_, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations.models import DailyPrice, LatestPrice, Observation

MOST = 200
OTHERS = 6


async def form_rows(session: AsyncSession, market_id: int, day: date, level: str) -> Sequence[Row[Any]]:
    """Each active commodity with what is said of it that day, the last price before, and the city's day."""
    now, before, city = Observation.__table__.alias("now"), *_before(market_id, day, level)
    here = and_(
        now.c.commodity_id == Commodity.id,
        now.c.level == level,
        now.c.market_id == market_id,
        now.c.day == day,
    )
    said = [
        now.c[name]
        for name in ("state", "price", "status", "version", "unit", "amount", "factor", "held_for")
    ]
    seen = [before.c.day.label("before_day"), before.c.price.label("before_price")]
    middle = [city.c.day.label("city_day"), city.c.median, city.c.markets]
    statement = (
        select(Commodity.id, Commodity.code, Commodity.name, Commodity.unit, *seen, *middle)
        .add_columns(*[column.label(f"now_{column.name}") for column in said])
        .outerjoin(now, here)
        .outerjoin(before, true())
        .outerjoin(city, true())
        .where(Commodity.active)
        .order_by(Commodity.position, Commodity.id)
        .limit(MOST)
    )
    return (await session.execute(statement)).all()


def _before(market_id: int, day: date, level: str) -> tuple[Any, Any]:
    own, all_of_it = Observation, DailyPrice
    last = (
        select(own.day, own.price)
        .where(own.commodity_id == Commodity.id, own.level == level, own.market_id == market_id)
        .where(own.day < day, own.status == "published", own.state == "price")
    )
    middle = select(all_of_it.day, all_of_it.median, all_of_it.markets).where(
        all_of_it.commodity_id == Commodity.id, all_of_it.level == level, all_of_it.day <= day
    )
    return (
        last.order_by(own.day.desc()).limit(1).correlate(Commodity).lateral("before"),
        middle.order_by(all_of_it.day.desc()).limit(1).correlate(Commodity).lateral("city"),
    )


async def others(
    session: AsyncSession, market_id: int, level: str, commodity_ids: Sequence[int]
) -> Mapping[int, list[Row[Any]]]:
    """The newest prices of up to six other markets, the freshest first, by commodity."""
    ids = literal(list(commodity_ids), ARRAY(SmallInteger))
    wanted = func.unnest(ids).table_valued("id").render_derived("wanted")
    latest = (
        select(Market.code, Market.name, LatestPrice.day, LatestPrice.price)
        .join(Market, Market.id == LatestPrice.market_id)
        .where(LatestPrice.commodity_id == wanted.c.id, LatestPrice.level == level)
        .where(LatestPrice.market_id != market_id, Market.active)
        .order_by(LatestPrice.day.desc(), LatestPrice.market_id)
        .limit(OTHERS)
        .correlate(wanted)
        .lateral("latest")
    )
    seen = (latest.c.code, latest.c.name, latest.c.day, latest.c.price)
    statement: Any = select(wanted.c.id, *seen).select_from(wanted.join(latest, true()))
    found: dict[int, list[Row[Any]]] = {}
    for row in await session.execute(statement):
        found.setdefault(row.id, []).append(row)
    return found
