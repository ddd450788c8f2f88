"""Due work: written in the caller's transaction, done once, effect and removal in one transaction."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import log
from shared.clock import Clock, stopwatch
from shared.db import Database
from shared.forever import forever, is_absence
from shared.metrics import Metrics
from shared.tables import due

Handler = Callable[[AsyncSession, str, datetime], Awaitable[None]]
_log = log.get(__name__)
_TRIES = 10
_POLL_SECONDS = 0.5
_MEASURE_SECONDS = 10


async def schedule(session: AsyncSession, kind: str, entity_id: str, due_at: datetime) -> None:
    """Sets the one timer of this kind for the entity; an earlier one is moved."""
    session.info["written"] = True
    values = {"due_at": due_at, "attempts": 0, "parked_at": None}
    statement = insert(due).values(kind=kind, entity_id=entity_id, due_at=due_at)
    await session.execute(statement.on_conflict_do_update(index_elements=["kind", "entity_id"], set_=values))


async def cancel(session: AsyncSession, kind: str, entity_id: str) -> None:
    """Removes the timer, if it is set."""
    await session.execute(delete(due).where(due.c.kind == kind, due.c.entity_id == entity_id))


class Timers:
    """Does what is due. A handler gets (session, entity id, now) and must stand being late, never twice."""

    def __init__(
        self, handlers: Mapping[str, Handler], database: Database, clock: Clock, metrics: Metrics
    ) -> None:
        self._handlers = dict(handlers)
        self._database, self._clock, self._metrics = database, clock, metrics
        self._measured = float("-inf")

    def add(self, handlers: Mapping[str, Handler]) -> None:
        """Handlers that need the runtime, which exists only after the app was built; before `run`."""
        self._handlers |= handlers

    async def run(self) -> None:
        """For ever, looking every half second."""
        await forever("timers", self._look, _POLL_SECONDS)

    async def _look(self) -> None:
        await self.run_due()
        if stopwatch() - self._measured > _MEASURE_SECONDS:
            self._measured = stopwatch()
            await self._measure()

    async def run_due(self, limit: int = 500) -> int:
        """Does everything due now, one transaction each; answers how many were done."""
        done = 0
        while done < limit and await self._one():
            done += 1
        return done

    async def _one(self) -> bool:
        """Claims, does and removes one timer in one transaction; False if nothing is due."""
        now = self._clock.now()
        kind = entity_id = ""
        try:
            async with self._database.transaction() as session:
                row = (await session.execute(_next(now, tuple(self._handlers)))).one_or_none()
                if row is None:
                    return False
                kind, entity_id = row.kind, row.entity_id
                await cancel(session, kind, entity_id)
                await self._handlers[kind](session, entity_id, now)
        except Exception as error:
            if not kind or is_absence(error):
                raise
            _log.exception("timer_failed", kind=kind)
            await self._postpone(kind, entity_id, now)
        return True

    async def _postpone(self, kind: str, entity_id: str, now: datetime) -> None:
        async with self._database.transaction() as session:
            # due no later than now: a timer that was set anew meanwhile is another one
            where = (due.c.kind == kind, due.c.entity_id == entity_id, due.c.due_at <= now)
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


def _next(now: datetime, kinds: tuple[str, ...]) -> Select[tuple[str, str]]:
    return (
        select(due.c.kind, due.c.entity_id)
        .where(due.c.due_at <= now, due.c.parked_at.is_(None), due.c.kind.in_(kinds))
        .order_by(due.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
