"""Putting right what was said of one commodity, market and day; what it said before is kept."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import FieldError, Forbidden, Unprocessable
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_prices.commodities import usecases as commodities
from svc_prices.observations import queries
from svc_prices.observations.rules import FEWEST, Entry, Verdict, far_off, per_unit
from svc_prices.observations.schemas import CorrectionIn
from svc_prices.observations.usecases.entering import NotYourMarket, refuse_day
from svc_prices.observations.usecases.reading import Named, Shown, locked
from svc_prices.observations.usecases.settling import Change, said_before, settle
from svc_prices.surveys import usecases as surveys


class NotYourEntry(Forbidden):
    code = "not_your_entry"


async def correct(
    session: AsyncSession,
    run: Runtime,
    named: Named,
    sent: CorrectionIn,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> Shown:
    """The new word on it, judged like any other: an outlier is held even if it corrects something.

    404, 403 `not_your_market` or `not_your_entry` (a surveyor corrects her own), 412 stale, 422.
    """
    found = await locked(session, named)
    if not await surveys.may_survey(session, found.market.id, caller):
        raise NotYourMarket
    row = found.row
    if not caller.has("price_supervisor") and row.entered_by != caller.person:
        raise NotYourEntry
    refuse_stale(if_match, row.version)
    refuse_day(run, row.day, caller, now)
    entry = await _entry(session, found, sent, now)
    verdict = await _verdict(session, found, entry)
    before = said_before(row, caller.person, now)
    row.say(entry, verdict, by=caller.person, source="survey", now=now)
    await settle(session, found.market, [Change(row, found.commodity, before)], now)
    await surveys.note_progress(session, {(found.market.id, row.day)}, now=now)
    return found


async def _entry(session: AsyncSession, found: Shown, sent: CorrectionIn, now: datetime) -> Entry:
    """In the commodity's unit; a correction is what was seen last."""
    if sent.price is None or sent.unit in (None, found.commodity.unit):
        return Entry(sent.state, sent.price, now, sent.reason)
    units = (await commodities.units(session, {found.commodity.code}))[found.commodity.code][1]
    factor: Decimal | None = units.get(sent.unit or "")
    if factor is None:
        raise Unprocessable(errors=[FieldError("unit", "unknown")])
    price = per_unit(sent.price, factor)
    if price < 1:
        raise Unprocessable(errors=[FieldError("price", "too_small")])
    return Entry(sent.state, price, now, sent.reason, sent.unit, sent.price, factor)


async def _verdict(session: AsyncSession, found: Shown, entry: Entry) -> Verdict:
    if entry.price is None:
        return Verdict("published")
    key = (found.commodity.id, found.row.level)
    seen = (await queries.recent(session, found.market.id, found.row.day, [key]))[key]
    rule = far_off(entry.price, seen.own if len(seen.own) >= FEWEST else seen.city)
    return Verdict("held", rule) if rule is not None else Verdict("published")
