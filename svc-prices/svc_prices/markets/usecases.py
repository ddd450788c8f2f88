"""Finding a market, changing what is known of it, closing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import TagsPurgedV1
from shared.contracts.snapshots import SnapshotItem
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_prices.markets import documents, queries
from svc_prices.markets.models import Market
from svc_prices.markets.schemas import MOST_MARKETS, MarketIn, NewMarketIn


class CodeTaken(Conflict):
    code = "code_taken"


class CatalogueFull(Conflict):
    code = "catalogue_full"


async def found(session: AsyncSession, code: str) -> Market:
    """An active market; 404 for any other."""
    market = await known(session, code)
    if not market.active:
        raise NotFound
    return market


async def known(session: AsyncSession, code: str) -> Market:
    """A market, closed or not; 404 for one that never was."""
    market = await queries.by_code(session, code)
    if market is None:
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
    for name, value in _facts(run, sent).items():
        setattr(market, name, value)
    market.version, market.updated_at = market.version + 1, now
    await _tell(session, run, market, now)
    return market


async def open_market(session: AsyncSession, run: Runtime, sent: NewMarketIn, *, now: datetime) -> Market:
    """A new one; 409 `code_taken`, `catalogue_full`."""
    if await queries.count(session) >= MOST_MARKETS:
        raise CatalogueFull(most=MOST_MARKETS)
    rest = {"code": sent.code, "document_id": new_id(), "version": 1, "created_at": now, "updated_at": now}
    market = await queries.insert_new(session, {**_facts(run, sent), **rest})
    if market is None:
        raise CodeTaken
    await _tell(session, run, market, now)
    return market


def _facts(run: Runtime, sent: MarketIn) -> dict[str, Any]:
    """The columns of what was sent; without a point the areas stay what they were."""
    facts: dict[str, Any] = sent.model_dump(include={"name", "kind", "source", "active"})
    if sent.point is None:
        return facts | {"lat": None, "lon": None}
    located = run.city.areas.locate(sent.point.lat, sent.point.lon)
    where = {"village": located.village.code, "district": located.district.code}
    return facts | {"lat": sent.point.lat, "lon": sent.point.lon} | where


async def _tell(session: AsyncSession, run: Runtime, market: Market, now: datetime) -> None:
    told = documents.market_published(run, market) if market.active else documents.market_withdrawn(market)
    events = (told, TagsPurgedV1(tags=(documents.TAG,)))
    await emit(session, *events, entity_id=str(market.document_id), entity_version=market.version, now=now)


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
