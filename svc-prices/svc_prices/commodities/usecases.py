"""Finding commodities with their units and reference prices, and changing what is known of one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import TagsPurgedV1
from shared.contracts.snapshots import SnapshotItem
from shared.errors import FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_prices.commodities import documents, queries
from svc_prices.commodities.models import Commodity, LocalUnit, ReferencePrice
from svc_prices.commodities.schemas import MOST_COMMODITIES, CommodityIn, NewCommodityIn
from svc_prices.markets.usecases import CatalogueFull, CodeTaken

UnitsOf = Mapping[str, tuple[Commodity, Mapping[str, Decimal]]]


async def found(session: AsyncSession, code: str) -> Commodity:
    """An active commodity; 404 for any other."""
    commodity = await known(session, code)
    if not commodity.active:
        raise NotFound
    return commodity


async def known(session: AsyncSession, code: str) -> Commodity:
    """A commodity, surveyed or not; 404 for one that never was."""
    commodity = await queries.by_code(session, code)
    if commodity is None:
        raise NotFound
    return commodity


async def named(session: AsyncSession, code: str, field: str = "commodity") -> Commodity:
    """An active commodity that a body or a query names; 422 for any other."""
    return (await all_named(session, [code], field))[0]


async def named_with_references(session: AsyncSession, code: str) -> tuple[Commodity, list[ReferencePrice]]:
    """The same with its reference prices, the newest first."""
    rows = await queries.with_references(session, code)
    if not rows or not rows[0][0].active:
        raise Unprocessable(errors=[FieldError("commodity", "unknown")])
    return rows[0][0], [price for _, price in rows if price is not None]


async def all_named(session: AsyncSession, codes: Sequence[str], field: str) -> Sequence[Commodity]:
    """Active commodities in the order of their names; 422 if one of them is not there."""
    known = {each.code: each for each in await queries.by_codes(session, codes) if each.active}
    if any(code not in known for code in codes):
        raise Unprocessable(errors=[FieldError(field, "unknown")])
    return [known[code] for code in codes]


async def units(session: AsyncSession, codes: Iterable[str]) -> UnitsOf:
    """Active commodities by code, each with what its local units hold; those not there are left out."""
    known = [each for each in await queries.by_codes(session, codes) if each.active]
    held = await local_units(session, [each.id for each in known])
    return {each.code: (each, {unit.code: unit.factor for unit in held.get(each.id, ())}) for each in known}


async def local_units(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Sequence[LocalUnit]]:
    """The local units of these commodities, by commodity."""
    by_commodity: dict[int, list[LocalUnit]] = defaultdict(list)
    for unit in await queries.local_units(session, ids):
        by_commodity[unit.commodity_id].append(unit)
    return by_commodity


async def references(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Sequence[ReferencePrice]]:
    """The reference prices of these commodities, the newest first, by commodity."""
    by_commodity: dict[int, list[ReferencePrice]] = defaultdict(list)
    for price in await queries.references(session, ids):
        by_commodity[price.commodity_id].append(price)
    return by_commodity


async def change(
    session: AsyncSession,
    run: Runtime,
    code: str,
    sent: CommodityIn,
    if_match: str | None,
    *,
    now: datetime,
) -> Commodity:
    """Name, category, units and reference prices as sent; the unit of its prices stays for ever.

    404, 412 when another version was seen. Past entries keep the factor they were converted by.
    """
    commodity = await queries.by_code(session, code, lock=True)
    if commodity is None:
        raise NotFound
    refuse_stale(if_match, commodity.version)
    commodity.name, commodity.category = sent.name.model_dump(), sent.category
    commodity.active, commodity.version = sent.active, commodity.version + 1
    commodity.updated_at = now
    for kind in (LocalUnit, ReferencePrice):
        await session.execute(delete(kind).where(kind.commodity_id == commodity.id))
    await _say(session, run, commodity, sent, now)
    return commodity


async def add(session: AsyncSession, run: Runtime, sent: NewCommodityIn, *, now: datetime) -> Commodity:
    """A new one at the end of the list; 409 `code_taken` (or its number), `catalogue_full`."""
    if await queries.count(session) >= MOST_COMMODITIES:
        raise CatalogueFull(most=MOST_COMMODITIES)
    facts = sent.model_dump(exclude={"local_units", "references"})
    rest = {"document_id": new_id(), "version": 1, "created_at": now, "updated_at": now}
    commodity = await queries.insert_last(session, {**facts, **rest})
    if commodity is None:
        raise CodeTaken
    await _say(session, run, commodity, sent, now)
    return commodity


async def _say(
    session: AsyncSession, run: Runtime, commodity: Commodity, sent: CommodityIn, now: datetime
) -> None:
    """Units and reference prices as sent, and the news."""
    session.add_all(LocalUnit(commodity_id=commodity.id, **u.model_dump()) for u in sent.local_units)
    session.add_all(ReferencePrice(commodity_id=commodity.id, **r.model_dump()) for r in sent.references)
    told = (
        documents.commodity_published(run, commodity)
        if commodity.active
        else documents.commodity_withdrawn(commodity)
    )
    subject, version = str(commodity.document_id), commodity.version
    events = (told, TagsPurgedV1(tags=(documents.TAG,)))
    await emit(session, *events, entity_id=subject, entity_version=version, now=now)


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Commodity]:
    """Active ones with a greater document id, in that order."""
    return await queries.after(session, last, limit)


def told(run: Runtime, commodity: Commodity) -> SnapshotItem:
    """What search was told of it."""
    said = documents.commodity_published(run, commodity)
    return SnapshotItem(
        id=str(commodity.document_id),
        version=commodity.version,
        at=commodity.updated_at,
        data=said.model_dump(mode="json"),
    )
