"""A supervisor's word on a held price; nobody decides about what she entered herself."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.contracts.prices import PriceReviewedV1
from shared.errors import Conflict, Forbidden
from shared.events.outbox import emit
from shared.replies import refuse_stale
from svc_prices.observations import documents
from svc_prices.observations import usecases as observations
from svc_prices.observations.usecases import Change, Named, Shown
from svc_prices.surveys import usecases as surveys


class EnteredItYourself(Forbidden):
    code = "entered_it_yourself"


class NotHeld(Conflict):
    code = "not_held"


async def approve(
    session: AsyncSession,
    named: Named,
    reason: str | None,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> Shown:
    """It is right, and counts from now on.

    404, 403 `entered_it_yourself`, 412 stale, 409 `not_held`.
    """
    found = await _taken(session, named, if_match, caller)
    before = observations.said_before(found.row, caller.person, now)
    found.row.review("published", caller.person, reason)
    await observations.settle(session, found.market, [Change(found.row, found.commodity, before)], now)
    await _tell(session, found, "approved", now)
    return found


async def reject(
    session: AsyncSession, named: Named, reason: str, if_match: str | None, *, caller: Caller, now: datetime
) -> Shown:
    """It is a slip: what was published before it counts again, if anything was. Refusals as of `approve`."""
    found = await _taken(session, named, if_match, caller)
    before = observations.said_before(found.row, caller.person, now)
    earlier = await observations.published_before(session, found.row)
    if earlier is not None:
        found.row.say_again(earlier, caller.person, reason)
    else:
        found.row.review("rejected", caller.person, reason)
    await observations.settle(session, found.market, [Change(found.row, found.commodity, before)], now)
    await surveys.note_progress(session, {(found.market.id, found.row.day)}, now=now)
    await _tell(session, found, "rejected", now)
    return found


async def _taken(session: AsyncSession, named: Named, if_match: str | None, caller: Caller) -> Shown:
    found = await observations.locked(session, named)
    if found.row.entered_by == caller.person:
        raise EnteredItYourself
    refuse_stale(if_match, found.row.version)
    if found.row.status != "held":
        raise NotHeld
    return found


async def _tell(session: AsyncSession, found: Shown, decision: str, now: datetime) -> None:
    row = found.row
    market, commodity, _ = found.names
    told = PriceReviewedV1.model_validate(
        {
            "market": market,
            "commodity": commodity,
            "level": row.level,
            "day": row.day,
            "decision": decision,
        }
    )
    subject = documents.subject_of(row, market, commodity)
    await emit(session, told, entity_id=subject, entity_version=row.version, now=now)
