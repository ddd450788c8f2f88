"""A batch from a market: each row is judged on its own, sent twice it has one effect."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import FieldError, Forbidden, Unprocessable
from shared.runtime import Runtime
from svc_prices.commodities import usecases as commodities
from svc_prices.commodities.models import Commodity
from svc_prices.markets import usecases as markets
from svc_prices.markets.models import Market
from svc_prices.observations import queries
from svc_prices.observations.models import Observation
from svc_prices.observations.queries import Key, Said
from svc_prices.observations.rules import FEWEST, Entry, Standing, Verdict, judge, per_unit
from svc_prices.observations.schemas import BatchIn, EntryIn
from svc_prices.observations.usecases.settling import Change, lock, said_before, settle
from svc_prices.settings import PricesSettings
from svc_prices.surveys import usecases as surveys

UnitsOf = Mapping[str, tuple[Commodity, Mapping[str, Decimal]]]


class NotYourMarket(Forbidden):
    code = "not_your_market"


@dataclass(frozen=True, slots=True)
class Judged:
    """One row of the batch and what became of it; `previous` is the last published price before the day."""

    sent: EntryIn
    entry: Entry | None
    verdict: Verdict
    previous: int | None = None
    status: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a batch is judged by: what stands, what was said before, recent prices."""

    standing: Mapping[Key, Observation]
    said: Collection[Said]
    recent: Mapping[Key, queries.Recent]
    most_percent: int


async def enter(
    session: AsyncSession, run: Runtime, sent: BatchIn, *, caller: Caller, now: datetime
) -> list[Judged]:
    """Takes the batch of one market and day; answers every row in its order.

    403 `not_your_market`, 422 for an unknown market or a day that is not hers to enter.
    """
    market = await markets.named(session, sent.market)
    if not await surveys.may_survey(session, market.id, caller):
        raise NotYourMarket
    refuse_day(run, sent.day, caller, now)
    known = await commodities.units(session, {row.commodity for row in sent.rows})
    await lock(session, [market.id], [sent.day])
    judged = await _judge_all(session, run, market, sent, known, now)
    changes = {
        (each.sent.commodity, each.sent.level): _write(
            session, market, sent.day, known, each, standing, caller, now
        )
        for each, standing in judged
        if each.verdict.outcome in ("published", "held")
    }
    await settle(session, market, list(changes.values()), now)
    await surveys.note_progress(session, {(market.id, sent.day)}, now=now)
    written = {key: change.row for key, change in changes.items()}
    return [_told(each, written.get((each.sent.commodity, each.sent.level), row)) for each, row in judged]


def refuse_day(run: Runtime, day: date, caller: Caller, now: datetime) -> None:
    """422 for a day that has not begun in the city, or one too long ago for anybody but a supervisor."""
    today, settings = now.astimezone(run.city.zone).date(), run.part(PricesSettings)
    if day > today:
        raise Unprocessable(errors=[FieldError("day", "not_begun")])
    if not caller.has("price_supervisor") and day < today - timedelta(days=settings.survey_days_back):
        raise Unprocessable(errors=[FieldError("day", "too_long_ago", {"days": settings.survey_days_back})])


async def _judge_all(
    session: AsyncSession, run: Runtime, market: Market, sent: BatchIn, known: UnitsOf, now: datetime
) -> list[tuple[Judged, Observation | None]]:
    read = [(row, *_read(row, known, now)) for row in sent.rows]
    keys = [(known[row.commodity][0].id, row.level) for row, entry, _ in read if entry is not None]
    if not keys:
        return [(Judged(row, None, Verdict("refused", fault)), None) for row, _, fault in read]
    which = (session, market.id, sent.day, keys)
    beside = _Beside(
        await queries.standing(*which),
        await queries.said(*which),
        await queries.recent(*which),
        run.part(PricesSettings).price_change_percent,
    )
    return [
        (Judged(row, None, Verdict("refused", fault)), None)
        if entry is None
        else _judge(row, entry, (known[row.commodity][0].id, row.level), beside)
        for row, entry, fault in read
    ]


def _read(row: EntryIn, known: UnitsOf, now: datetime) -> tuple[Entry | None, str | None]:
    """The row in the commodity's unit, or why it cannot be read. A phone whose clock is ahead says now."""
    if row.commodity not in known:
        return None, "unknown_commodity"
    observed_at = min(row.observed_at or now, now)
    if row.price is None:
        return Entry(row.state, None, observed_at, row.reason), None
    commodity, units = known[row.commodity]
    if row.unit is None or row.unit == commodity.unit:
        return Entry(row.state, row.price, observed_at, row.reason), None
    if row.unit not in units:
        return None, "unknown_unit"
    factor = units[row.unit]
    price = per_unit(row.price, factor)
    if price < 1:
        return None, "too_small"
    return Entry(row.state, price, observed_at, row.reason, row.unit, row.price, factor), None


def _judge(row: EntryIn, entry: Entry, key: Key, beside: _Beside) -> tuple[Judged, Observation | None]:
    """By the market's own prices if there are enough, otherwise by the city's medians."""
    held, seen = beside.standing.get(key), beside.recent[key]
    previous = seen.own[0] if seen.own else None
    if (*key, entry.state, entry.price, entry.unit, entry.amount, entry.observed_at) in beside.said:
        return Judged(row, entry, Verdict("superseded", "newer_entry"), previous), held
    told = _standing(held) if held is not None else None
    judged_by = seen.own if len(seen.own) >= FEWEST else seen.city
    return Judged(row, entry, judge(entry, told, judged_by, previous, beside.most_percent), previous), held


def _standing(row: Observation) -> Standing:
    return Standing(row.state, row.price, row.status, row.unit, row.amount, row.observed_at)


def _write(
    session: AsyncSession,
    market: Market,
    day: date,
    known: UnitsOf,
    judged: Judged,
    standing: Observation | None,
    caller: Caller,
    now: datetime,
) -> Change:
    commodity, entry = known[judged.sent.commodity][0], judged.entry
    if entry is None:
        raise AssertionError("only what could be read is written")
    before = said_before(standing, caller.person, now) if standing is not None else None
    row = standing or Observation(
        commodity_id=commodity.id, level=judged.sent.level, market_id=market.id, day=day, version=0
    )
    row.say(entry, judged.verdict, by=caller.person, source="survey", now=now)
    session.add(row)
    return Change(row, commodity, before)


def _told(judged: Judged, row: Observation | None) -> Judged:
    """With status and version as they are now."""
    if row is None:
        return judged
    return replace(judged, status=row.status, version=row.version)
