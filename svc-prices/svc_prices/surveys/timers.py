"""The hour by which markets are surveyed: told once for each market that is not complete by then."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.forever import forever
from shared.runtime import Runtime
from shared.tables import due
from shared.timers import Handler
from svc_prices.surveys.usecases import ALARM, CITY, day_of, raise_alarm

_LOOK_SECONDS = 30


async def survey_hour(session: AsyncSession, run: Runtime, city: str, now: datetime) -> None:
    """Tells of what is late, and sets the next alarm."""
    await raise_alarm(session, run, now)


async def watch_surveys(run: Runtime) -> None:
    """Keeps an alarm set, and shows in the metrics how many markets are late: the process itself is well."""
    gauge = run.metrics.gauge("city_prices_markets_late", "Markets not surveyed although their hour passed")

    async def look() -> None:
        now = run.clock.now()
        day = now.astimezone(run.city.zone).date()
        async with run.database.transaction() as session:
            is_set = select(due.c.kind).where(due.c.kind == ALARM, due.c.entity_id == CITY)
            if await session.scalar(is_set) is None:
                await raise_alarm(session, run, now)
            found = await day_of(session, run, day)
        gauge.set(sum(each.late(day, run, now) for each in found))

    await forever("survey_watch", look, _LOOK_SECONDS)


TIMERS: dict[str, Handler] = {ALARM: survey_hour}
