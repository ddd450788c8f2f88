"""Watching a price, ending it, and telling whoever watches one that has moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import Conflict, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.timers import schedule
from svc_prices.commodities import usecases as commodities
from svc_prices.markets import usecases as markets
from svc_prices.watches import documents, queries
from svc_prices.watches.models import Watch
from svc_prices.watches.rules import MARKETS_FOR_A_MEDIAN, MOST, thresholds
from svc_prices.watches.schemas import Watched, WatchIn

MOVED = "prices_moved"
_AT_ONCE = 500


class TooManyWatches(Conflict):
    code = "too_many_watches"


class NoPriceYet(Unprocessable):
    code = "no_price_yet"


async def watch(session: AsyncSession, sent: WatchIn, *, citizen_id: str, now: datetime) -> Watched:
    """From its newest price on, of medians the newest that counts if one ever did.

    409 `too_many_watches`, 422 for something unknown or `no_price_yet`.
    """
    commodity = await commodities.named(session, sent.commodity)
    market = await markets.named(session, sent.market) if sent.market is not None else None
    if await queries.count(session, citizen_id) >= MOST:
        raise TooManyWatches(most=MOST)
    what = (session, commodity.id, sent.level, market.id if market else None)
    enough = 1 if market else await _enough(session)
    seen = await queries.latest(*what, enough) or await queries.latest(*what, 1)
    if seen is None:
        raise NoPriceYet
    row = Watch(
        id=new_id(),
        citizen_id=citizen_id,
        commodity_id=commodity.id,
        level=sent.level,
        market_id=market.id if market else None,
        percent=sent.percent,
        direction=sent.direction,
        version=0,
        created_at=now,
    )
    _from_here(row, seen)
    session.add(row)
    return Watched(row, commodity, market)


async def end(session: AsyncSession, watch_id: UUID, *, citizen_id: str) -> None:
    """She is told no longer; 404 for one that is not hers."""
    row = await queries.of_citizen(session, citizen_id, watch_id)
    if row is None:
        raise NotFound
    await session.delete(row)


async def look_again(session: AsyncSession, market_id: int, now: datetime) -> None:
    """Prices of this market have changed: who watches them is told beside the request, not in it."""
    await schedule(session, MOVED, str(market_id), now)


async def tell_watchers(session: AsyncSession, run: Runtime, market_id: int, now: datetime) -> int:
    """A notice to everybody whose price has moved, 500 at once; the baseline moves on. Answers how many."""
    enough = await _enough(session)
    fired = [
        *await queries.fired_on_market(session, market_id, _AT_ONCE),
        *await queries.fired_in_city(session, market_id, enough, _AT_ONCE),
    ]
    for row in fired:
        watched: Watch = row.Watch
        before = watched.baseline_price
        _from_here(watched, row)
        told = documents.price_moved(run, watched, row, before)
        await emit(session, told, entity_id=str(watched.id), entity_version=watched.version, now=now)
    if len(fired) >= _AT_ONCE:
        await look_again(session, market_id, now)
    return len(fired)


async def of_citizen(
    session: AsyncSession, citizen_id: str, after: UUID | None, most: int
) -> Sequence[Watch]:
    """Hers with a greater id, in the order of their ids."""
    hers = select(Watch).where(Watch.citizen_id == citizen_id)
    hers = hers.where(Watch.id > after) if after is not None else hers
    return (await session.scalars(hers.order_by(Watch.id).limit(most))).all()


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """All of hers are gone; answers how many."""
    gone = delete(Watch).where(Watch.citizen_id == citizen_id).returning(Watch.id)
    return len((await session.execute(gone)).all())


async def _enough(session: AsyncSession) -> int:
    """On how many markets a median counts."""
    return min(MARKETS_FOR_A_MEDIAN, await queries.count_markets(session))


def _from_here(row: Watch, seen: Row[Any]) -> None:
    row.baseline_price, row.baseline_day = seen.price, seen.day
    row.above, row.below = thresholds(seen.price, row.percent, row.direction)
    row.version += 1
