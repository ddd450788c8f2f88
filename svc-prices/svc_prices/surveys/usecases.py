"""The plan, the completeness of a day, and the alarm when its hour has passed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.contracts.prices import SurveyCompletedV1, SurveyMissedV1
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
from svc_prices.surveys.rules import Planned, bits, due_by
from svc_prices.surveys.schemas import PlanIn

ALARM, CITY = "survey_hour", "city"
_MISSED, _COMPLETED = 1, 2  # versions of a day's events: missed may come before completed, never after


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


async def note_progress(session: AsyncSession, market: Market, day: date, *, now: datetime) -> None:
    """Counts the market's day anew; tells the city once when it is complete. The caller holds `lock`."""
    expected, entered = await queries.progress(session, market.id, day)
    row = await session.get(SurveyDay, (day, market.id))
    if row is None:
        row = SurveyDay(day=day, market_id=market.id, first_at=now)
        session.add(row)
    row.expected, row.entered, row.first_at = expected, entered, row.first_at or now
    if row.completed_at is None and entered >= expected > 0:
        row.completed_at = now
        told = SurveyCompletedV1(market=market.code, day=day, expected=expected, completed_at=now)
        await emit(session, told, entity_id=f"{market.code}/{day}", entity_version=_COMPLETED, now=now)


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
    """She surveys the market no longer; 404, 412 when another version was seen."""
    found = await markets.found(session, market)
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
    for each in fresh:
        row = each.progress
        if row is None:
            row = SurveyDay(day=day, market_id=each.market.id, expected=wanted, entered=0)
            session.add(row)
        row.alarmed_at = now
        told = SurveyMissedV1(market=each.market.code, day=day, expected=row.expected, entered=row.entered)
        await emit(session, told, entity_id=f"{each.market.code}/{day}", entity_version=_MISSED, now=now)
    await set_alarm(session, run, now)
    return [each.market for each in fresh]


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
