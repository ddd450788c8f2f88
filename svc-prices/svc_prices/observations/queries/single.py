"""Observations by their natural key, what was said before, and the recent prices a new one is judged by."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Date, Select, SmallInteger, Text, bindparam, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from svc_prices.observations.models import Observation, ObservationRevision
from svc_prices.observations.rules import RECENT_DAYS, RECENT_PRICES

Key = tuple[int, str]
"""Commodity and level, of one market and day."""


Said = tuple[Any, ...]
"""Commodity, level, state, price, unit, amount and moment of an entry: the same twice is the same entry."""


class Recent(NamedTuple):
    """Published prices before a day, newest first: of the market, and the city's medians."""

    own: Sequence[int]
    city: Sequence[int]


async def find(
    session: AsyncSession, commodity_id: int, level: str, market_id: int, day: date, *, lock: bool = False
) -> Observation | None:
    """One of them."""
    key = (commodity_id, level, market_id, day)
    return await session.get(Observation, key, with_for_update=lock or None)


async def standing(
    session: AsyncSession, market_id: int, day: date, keys: Sequence[Key]
) -> Mapping[Key, Observation]:
    """What is said so far of these commodities on one market and day."""
    one = (Observation.market_id == market_id) & (Observation.day == day)
    wanted = tuple_(Observation.commodity_id, Observation.level).in_(keys)
    found = await session.scalars(select(Observation).where(one, wanted))
    return {(row.commodity_id, row.level): row for row in found}


async def said(session: AsyncSession, market_id: int, day: date, keys: Sequence[Key]) -> set[Said]:
    """What was said of these commodities before, and is no longer."""
    row = ObservationRevision
    words = (row.commodity_id, row.level, row.state, row.price, row.unit, row.amount, row.observed_at)
    statement: Select[*tuple[Any, ...]] = select(*words).where(
        row.market_id == market_id, row.day == day, tuple_(row.commodity_id, row.level).in_(keys)
    )
    return {tuple(each) for each in await session.execute(statement)}


async def recent(
    session: AsyncSession, market_id: int, day: date, keys: Sequence[Key]
) -> Mapping[Key, Recent]:
    """What the prices of a day are judged by."""
    commodities, levels = (list(column) for column in zip(*keys, strict=True))
    since = day - timedelta(days=RECENT_DAYS)
    values = {"commodities": commodities, "levels": levels, "market": market_id, "since": since, "day": day}
    rows = await session.execute(_RECENT, {**values, "most": RECENT_PRICES})
    return {(row.commodity_id, row.level): Recent(row.own, row.city) for row in rows}


async def revisions(session: AsyncSession, row: Observation, most: int) -> Sequence[ObservationRevision]:
    """What it said before, the newest first."""
    return (await session.scalars(_of(row).limit(most))).all()


async def before_now(session: AsyncSession, row: Observation) -> ObservationRevision | None:
    """The newest earlier word on it that counted, or None."""
    counted = _of(row).where(ObservationRevision.status == "published").limit(1)
    return (await session.scalars(counted)).one_or_none()


def _of(row: Observation) -> Select[ObservationRevision]:
    said = ObservationRevision
    one = (
        (said.commodity_id == row.commodity_id)
        & (said.level == row.level)
        & (said.market_id == row.market_id)
        & (said.day == row.day)
    )
    return select(said).where(one).order_by(said.version.desc())


_RECENT = text("""
SELECT k.commodity_id, k.level,
    ARRAY(
        SELECT o.price FROM observations o
        WHERE o.commodity_id = k.commodity_id AND o.level = k.level AND o.market_id = :market
            AND o.day >= :since AND o.day < :day AND o.status = 'published' AND o.state = 'price'
        ORDER BY o.day DESC LIMIT :most
    ) AS own,
    ARRAY(
        SELECT d.median FROM daily_prices d
        WHERE d.commodity_id = k.commodity_id AND d.level = k.level AND d.day >= :since AND d.day < :day
        ORDER BY d.day DESC LIMIT :most
    ) AS city
FROM unnest(:commodities, :levels) AS k(commodity_id, level)
""").bindparams(
    bindparam("commodities", type_=ARRAY(SmallInteger)),
    bindparam("levels", type_=ARRAY(Text)),
    bindparam("market", type_=SmallInteger),
    bindparam("since", type_=Date),
    bindparam("day", type_=Date),
)
