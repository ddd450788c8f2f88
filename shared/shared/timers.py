"""Due work: written in the caller's transaction, done once, effect and removal in one transaction."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, ColumnElement, DateTime, Text, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import log, pending
from shared.clock import stopwatch
from shared.forever import forever, is_absence
from shared.tables import due

if TYPE_CHECKING:
    from shared.runtime import Runtime

Handler = Callable[[AsyncSession, "Runtime", str, datetime], Awaitable[None]]
_log = log.get(__name__)
_TRIES = 10
_POLL_SECONDS = 0.5
_MEASURE_SECONDS = 10


async def schedule(session: AsyncSession, kind: str, entity_id: str, due_at: datetime) -> None:
    """Sets the one timer of this kind for the entity; an earlier one is moved."""
    pending.set_timer(session, kind, entity_id, due_at)


async def cancel(session: AsyncSession, kind: str, entity_id: str) -> None:
    """Removes the timer, if it is set."""
    pending.set_timer(session, kind, entity_id, None)


class Timers:
    """Does what is due. A handler gets (session, run, entity id, now) and must stand being late, never twice.

    It must look at its entity under that entity's lock: a request may have moved it on in the meantime.
    """

    def __init__(self, handlers: Mapping[str, Handler], run: "Runtime") -> None:
        self._handlers, self._run = dict(handlers), run
        self._database, self._clock, self._metrics = run.database, run.clock, run.metrics
        self._measured = float("-inf")

    async def run(self) -> None:
        """For ever, looking every half second."""
        await forever("timers", self._look, _POLL_SECONDS)

    async def _look(self) -> None:
        try:
            await self.run_due()
        finally:
            if stopwatch() - self._measured > _MEASURE_SECONDS:
                self._measured = stopwatch()
                await self._measure()

    async def run_due(self, limit: int = 500) -> int:
        """Does everything due now, one transaction each; answers how many were done."""
        done = 0
        while done < limit and await self._one():
            done += 1
        return done

    async def unpark(self) -> int:
        """Timers given up after their tries are due now, as if new; answers how many."""
        anew = {"parked_at": None, "attempts": 0, "due_at": self._clock.now()}
        async with self._database.transaction() as session:
            where = update(due).where(due.c.parked_at.isnot(None))
            return len((await session.execute(where.values(anew).returning(due.c.kind))).all())

    async def _one(self) -> bool:
        """Claims, does and removes one timer in one transaction; False if nothing is due.

        Claimed by an advisory lock: one on its row would meet the entity's lock, which requests take first.
        """
        now = self._clock.now()
        kind = entity_id = ""
        try:
            async with self._database.transaction() as session:
                row = (await session.execute(_CLAIM, {"now": now, "kinds": [*self._handlers]})).one_or_none()
                if row is None:
                    return False
                kind, entity_id = row.kind, row.entity_id
                if await session.scalar(select(due.c.kind).where(*_still_due(kind, entity_id, now))):
                    pending.set_timer(session, kind, entity_id, None, done_at=now)
                    await self._handlers[kind](session, self._run, entity_id, now)
        except Exception as error:
            if not kind or (is_absence(error) and not await self._database.answers()):
                raise
            _log.exception("timer_failed", kind=kind)
            await self._postpone(kind, entity_id, now)
        return True

    async def _postpone(self, kind: str, entity_id: str, now: datetime) -> None:
        async with self._database.transaction() as session:
            where = _still_due(kind, entity_id, now)
            attempts = (await session.scalar(select(due.c.attempts).where(*where)) or 0) + 1
            later = {
                "attempts": attempts,
                "due_at": now + timedelta(seconds=min(2**attempts, 3_600)),
                "parked_at": now if attempts >= _TRIES else None,
            }
            await session.execute(update(due).where(*where).values(later))

    async def _measure(self) -> None:
        async with self._database.connection() as connection:
            oldest = await connection.scalar(select(func.min(due.c.due_at)).where(due.c.parked_at.is_(None)))
            parked = await connection.scalar(select(func.count()).where(due.c.parked_at.isnot(None)))
        late = (self._clock.now() - oldest).total_seconds() if oldest else 0
        self._metrics.due_lag.set(max(late, 0))
        self._metrics.due_parked.set(parked or 0)


def _still_due(kind: str, entity_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due no later than now: a timer that was set anew meanwhile is another one."""
    return (due.c.kind == kind, due.c.entity_id == entity_id, due.c.due_at <= now, due.c.parked_at.is_(None))


_CLAIM = text("""
WITH first AS MATERIALIZED (
    SELECT kind, entity_id FROM due
    WHERE due_at <= :now AND parked_at IS NULL AND kind = ANY(:kinds)
    ORDER BY due_at LIMIT 50
)
SELECT kind, entity_id FROM first
WHERE pg_try_advisory_xact_lock(hashtextextended(kind || '/' || entity_id, 0)) LIMIT 1
""").bindparams(bindparam("now", type_=DateTime(timezone=True)), bindparam("kinds", type_=ARRAY(Text)))
