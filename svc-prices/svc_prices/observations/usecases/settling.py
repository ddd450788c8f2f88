"""What follows from changed observations, once for all slices: history, condensed tables, events, watches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import CountMovedV1, TagsPurgedV1
from shared.events.outbox import emit
from svc_prices.commodities.models import Commodity
from svc_prices.markets.models import Market
from svc_prices.observations import documents, queries
from svc_prices.observations.models import Observation, ObservationRevision
from svc_prices.observations.queries import Touched
from svc_prices.watches.usecases import look_again

_DAYS = 1 << 32
"""Advisory locks of days lie above those of markets, so that both are taken in one order."""
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(:keys) AS key").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger))
)


@dataclass(frozen=True, slots=True)
class Change:
    """An observation as it stands now, and as it was (None: it is new)."""

    row: Observation
    commodity: Commodity
    before: ObservationRevision | None = None

    @property
    def counted(self) -> int | None:
        """The price that counted before."""
        before = self.before
        return before.price if before is not None and before.status == "published" else None

    @property
    def counts(self) -> int | None:
        """The price that counts now."""
        return self.row.price if self.row.status == "published" else None


async def lock(session: AsyncSession, market_ids: Iterable[int], days: Iterable[date]) -> None:
    """Whoever writes prices of these markets and days is alone with them until the transaction ends.

    All writers take markets before days, each rising: nobody waits in a circle. Without it two markets would
    each compute the city's median without the other's price.
    """
    keys = sorted(set(market_ids)) + sorted({_DAYS + day.toordinal() for day in days})
    await session.execute(_LOCK, {"keys": keys})


def said_before(row: Observation, by: str, now: datetime) -> ObservationRevision:
    """The observation as it stands, as a revision to keep once it says something else."""
    names = {column.key for column in Observation.__table__.columns}
    values = {name: getattr(row, name) for name in names}
    return ObservationRevision(**values, replaced_at=now, replaced_by=by)


async def settle(session: AsyncSession, market: Market, changes: Sequence[Change], now: datetime) -> None:
    """Keeps what was said before, condenses anew, tells the city; the caller holds `lock`."""
    if not changes:
        return
    session.add_all(change.before for change in changes if change.before is not None)
    await session.flush()
    moved = [change for change in changes if change.counts is not None or change.counted is not None]
    await refresh(session, [_touched(change.row) for change in moved], now)
    for change in changes:
        events = list(documents.events_of(change, market))
        subject = documents.subject_of(change.row, market.code, change.commodity.code)
        if events:
            await emit(session, *events, entity_id=subject, entity_version=change.row.version, now=now)
    await _tell(session, market, changes, moved, now)


async def refresh(session: AsyncSession, touched: Sequence[Touched], now: datetime) -> None:
    """What is condensed follows the observations; the caller has flushed and holds `lock`."""
    await queries.recompute(session, touched, now)


def _touched(row: Observation) -> Touched:
    return Touched(row.commodity_id, row.level, row.market_id, row.day)


async def _tell(
    session: AsyncSession, market: Market, changes: Sequence[Change], moved: Sequence[Change], now: datetime
) -> None:
    """Once a transaction: what is cached is stale, watches may fire, the supervisor's queue moved."""
    waiting = [documents.queue_moved(change) for change in changes]
    events: list[TagsPurgedV1 | CountMovedV1] = [event for event in waiting if event is not None]
    if moved:
        events.append(TagsPurgedV1(tags=(documents.TAG,)))
        await look_again(session, market.id, now)
    if events:
        subject, version = str(market.document_id), int(now.timestamp() * 1_000)
        await emit(session, *events, entity_id=subject, entity_version=version, now=now)
