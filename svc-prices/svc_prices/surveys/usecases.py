"""The plan, the completeness of a day, and the alarm when its hour has passed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.contracts.prices import SurveyCompletedV1, SurveyMissedV1, SurveyReopenedV1
from shared.errors import NotFound
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime
from shared.timers import schedule
from svc_prices.markets import usecases as markets
from svc_prices.markets.models import Market
from svc_prices.settings import PricesSettings
from svc_prices.surveys import queries
from svc_prices.surveys.models import PlannedSurvey, SurveyDay
from svc_prices.surveys.queries import MarketAndDay
from svc_prices.surveys.rules import Planned, bits, due_by
from svc_prices.surveys.schemas import PlanIn

ALARM, CITY = "survey_hour", "city"
SurveyEvent = SurveyCompletedV1 | SurveyReopenedV1 | SurveyMissedV1


@dataclass(frozen=True, slots=True)
class MarketDay:
    """A market on a day: by when it is due (local time; None: not due) and how far it is."""

    market: Market
    by: time | None
    progress: SurveyDay | None

    @property
    def complete(self) -> bool:
        """Whether everything expected was entered."""
        return self.progress is not None and self.progress.completed_at is not None

    def late(self, day: date, run: Runtime, now: datetime) -> bool:
        """Whether its hour has passed and it is not complete."""
        if self.by is None or self.complete:
            return False
        return datetime.combine(day, self.by, run.city.zone) <= now


async def may_survey(session: AsyncSession, market_id: int, caller: Caller) -> bool:
    """A supervisor every market; a surveyor those that name her, or nobody."""
    if caller.has("price_supervisor"):
        return True
    count, named = await queries.named_at(session, market_id, caller.person)
    return named or count == 0


async def note_progress(session: AsyncSession, days: Collection[MarketAndDay], *, now: datetime) -> None:
    """Counts these markets' days anew; tells the city when one is complete, or no longer.

    The caller holds `lock`. Whoever brought a price counts: a surveyor, or a file.
    """
    if not days:
        return
    counted = await queries.progress(session, list(days))
    changed = []
    for row in await queries.opened(session, list(days)):
        became = row.count(*counted.get((row.market_id, row.day), (0, 0)), now)
        changed += [(row, became)] if became else []
    codes = await queries.codes(session, [row.market_id for row, _ in changed]) if changed else {}
    for row, became in changed:
        await _tell(session, row, _event(row, codes[row.market_id], became), now)


def may_still_be_surveyed(run: Runtime, day: date, now: datetime) -> bool:
    """Whether it is one of the days a surveyor enters: prices of older ones fill no plan."""
    back = timedelta(days=run.part(PricesSettings).survey_days_back)
    return day >= now.astimezone(run.city.zone).date() - back


async def day_of(session: AsyncSession, run: Runtime, day: date) -> list[MarketDay]:
    """Every active market on that day, by name."""
    plan = await _plan(session)
    working, settings = run.city.calendar.is_working_day(day), run.part(PricesSettings)
    return [
        MarketDay(
            row.Market, due_by(plan.get(row.Market.id, ()), day, working, settings.survey_by), row.SurveyDay
        )
        for row in await queries.markets_of_day(session, day)
    ]


async def expected(session: AsyncSession) -> int:
    """How many commodities a complete survey has."""
    return await queries.count_expected(session)


async def set_plan(
    session: AsyncSession,
    run: Runtime,
    market: str,
    staff_id: str,
    sent: PlanIn,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> tuple[PlannedSurvey, Market]:
    """Names somebody for a market, or changes her days and hour; 404, 412 when another version was seen."""
    found = await markets.found(session, market)
    row = await queries.line(session, found.id, staff_id, lock=True)
    if row is None:
        row = PlannedSurvey(market_id=found.id, staff_id=staff_id, version=0)
        session.add(row)
    else:
        refuse_stale(if_match, row.version)
    row.weekdays, row.by = bits(sent.weekdays), time.fromisoformat(sent.by)
    row.version, row.updated_by, row.updated_at = row.version + 1, caller.person, now
    await session.flush()
    await set_alarm(session, run, now)
    return row, found


async def end_plan(session: AsyncSession, market: str, staff_id: str, if_match: str | None) -> None:
    """She surveys the market, closed or not, no longer; 404, 412 when another version was seen."""
    found = await markets.known(session, market)
    row = await queries.line(session, found.id, staff_id, lock=True)
    if row is None:
        raise NotFound
    refuse_stale(if_match, row.version)
    await session.delete(row)


async def raise_alarm(session: AsyncSession, run: Runtime, now: datetime) -> Sequence[Market]:
    """Marks what is late today, once each, and tells; answers which, and sets the alarm of the next hour."""
    day = now.astimezone(run.city.zone).date()
    wanted = await queries.count_expected(session)
    late = [each for each in await day_of(session, run, day) if each.late(day, run, now)]
    fresh = [each for each in late if each.progress is None or each.progress.alarmed_at is None]
    told = await _alarmed(session, {each.market.id: each.market for each in fresh}, day, wanted, now)
    await set_alarm(session, run, now)
    return told


async def _alarmed(
    session: AsyncSession, late: Mapping[int, Market], day: date, expected: int, now: datetime
) -> list[Market]:
    """Those of them that were still late once nobody else wrote to their day."""
    rows = await queries.opened(session, [(market_id, day) for market_id in late]) if late else []
    found = [row for row in rows if row.alarmed_at is None and row.completed_at is None]
    for row in found:
        row.alarmed_at, row.expected = now, row.expected or expected
        await _tell(session, row, _event(row, late[row.market_id].code, "missed"), now)
    return [late[row.market_id] for row in found]


def _event(row: SurveyDay, code: str, became: str) -> SurveyEvent:
    where = {"market": code, "day": row.day, "expected": row.expected}
    if became == "completed":
        return SurveyCompletedV1.model_validate({**where, "completed_at": row.completed_at})
    kind = SurveyReopenedV1 if became == "reopened" else SurveyMissedV1
    return kind.model_validate({**where, "entered": row.entered})


async def _tell(session: AsyncSession, row: SurveyDay, told: SurveyEvent, now: datetime) -> None:
    row.version += 1
    subject = f"{told.market}/{row.day}"
    await emit(session, told, entity_id=subject, entity_version=row.version, now=now)


async def set_alarm(session: AsyncSession, run: Runtime, now: datetime) -> None:
    """The alarm goes off at the next hour at which a market is due, within a week."""
    today, plan = now.astimezone(run.city.zone).date(), await _plan(session)
    settings, calendar = run.part(PricesSettings), run.city.calendar
    for day in (today + timedelta(days=n) for n in range(8)):
        working = calendar.is_working_day(day)
        hours = {due_by(lines, day, working, settings.survey_by) for lines in [*plan.values(), ()]}
        moments = [datetime.combine(day, hour, run.city.zone) for hour in hours if hour is not None]
        coming = [moment for moment in moments if moment > now]
        if coming:
            await schedule(session, ALARM, CITY, min(coming))
            return
    await schedule(session, ALARM, CITY, now + timedelta(days=7))


async def _plan(session: AsyncSession) -> Mapping[int, Sequence[Planned]]:
    by_market: dict[int, list[Planned]] = defaultdict(list)
    for row in await queries.plans(session):
        by_market[row.market_id].append(Planned(row.weekdays, row.by))
    return by_market
