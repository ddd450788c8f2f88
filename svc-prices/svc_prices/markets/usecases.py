"""Finding a market, changing what is known of it, closing it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import TagsPurgedV1
from shared.contracts.snapshots import SnapshotItem
from shared.errors import FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_prices.markets import documents, queries
from svc_prices.markets.models import Market
from svc_prices.markets.schemas import MarketIn


async def found(session: AsyncSession, code: str) -> Market:
    """An active market; 404 for any other."""
    market = await queries.by_code(session, code)
    if market is None or not market.active:
        raise NotFound
    return market


async def named(session: AsyncSession, code: str, field: str = "market") -> Market:
    """An active market that a body or a query names; 422 for any other."""
    market = await queries.by_code(session, code)
    if market is None or not market.active:
        raise Unprocessable(errors=[FieldError(field, "unknown")])
    return market


async def change(
    session: AsyncSession, run: Runtime, code: str, sent: MarketIn, if_match: str | None, *, now: datetime
) -> Market:
    """Name, place and whether it is surveyed, as sent; 404, 412 when another version was seen."""
    market = await queries.by_code(session, code, lock=True)
    if market is None:
        raise NotFound
    refuse_stale(if_match, market.version)
    market.name, market.kind, market.source, market.active = sent.name, sent.kind, sent.source, sent.active
    market.lat = market.lon = None
    if sent.point is not None:
        market.lat, market.lon = sent.point.lat, sent.point.lon
        located = run.city.areas.locate(market.lat, market.lon)
        market.village, market.district = located.village.code, located.district.code
    market.version, market.updated_at = market.version + 1, now
    told = documents.market_published(run, market) if market.active else documents.market_withdrawn(market)
    events = (told, TagsPurgedV1(tags=(documents.TAG,)))
    await emit(session, *events, entity_id=str(market.document_id), entity_version=market.version, now=now)
    return market


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Market]:
    """Active ones with a greater document id, in that order."""
    return await queries.after(session, last, limit)


def told(run: Runtime, market: Market) -> SnapshotItem:
    """What search was told of it."""
    said = documents.market_published(run, market)
    return SnapshotItem(
        id=str(market.document_id),
        version=market.version,
        at=market.updated_at,
        data=said.model_dump(mode="json"),
    )
