"""Writing what was counted, by adding: as many workers as there are, each its own."""

import asyncio
import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.usage import queries, rules
from gateway.usage.models import ClientUsage
from gateway.usage.rules import Counts, Seen, Usage
from gateway.usage.schemas import DayOut, SeenOut, seen_out
from shared import log
from shared.errors import Problem
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

_KEPT = timedelta(days=rules.DAYS_KEPT)
_ONE_AT_A_TIME = 7_160_008
_ADD = text("""
INSERT INTO client_usage
    (client, day, platform, version, requests, refused, limited, failed, bytes, last_at)
SELECT r.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
    client text, day date, platform text, version text, requests bigint, refused bigint, limited bigint,
    failed bigint, bytes bigint, last_at timestamptz)
ON CONFLICT (client, day, platform, version) DO UPDATE SET
    requests = client_usage.requests + excluded.requests,
    refused = client_usage.refused + excluded.refused,
    limited = client_usage.limited + excluded.limited,
    failed = client_usage.failed + excluded.failed,
    bytes = client_usage.bytes + excluded.bytes,
    last_at = GREATEST(client_usage.last_at, excluded.last_at)
""")
_log = log.get(__name__)


class Ledger:
    """What one worker has still to write: what it counts now, and what a failed writing left behind."""

    def __init__(self, run: Runtime) -> None:
        self._run = run
        self.usage = Usage(self._today())
        self._unwritten: dict[Seen, Counts] = {}
        self._alone = asyncio.Lock()

    async def flush(self) -> None:
        """Writes everything counted so far; what cannot be written now is written with the next.

        Only a commit of which nobody learnt how it ended may be counted twice.
        """
        async with self._alone:
            for seen, counts in self.usage.drain(self._today()).items():
                self._unwritten.setdefault(seen, Counts()).add(counts)
            if self._unwritten:
                async with self._run.database.transaction() as session:
                    await add(session, self._unwritten, self._run.clock.now())
                self._unwritten = {}

    async def close(self) -> None:
        """At the end of the process; with the database away the last seconds are lost, and that is logged."""
        try:
            await self.flush()
        except Problem as problem:
            lost = sum(counts.requests for counts in self._unwritten.values())
            _log.error("usage_lost", requests=lost, reason=problem.code)

    def seconds_of_day_left(self) -> float:
        """Until the city's next midnight, when the counting goes on under another day."""
        now = self._run.clock.now().astimezone(self._run.city.zone)
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), self._run.city.zone)
        return (midnight - now).total_seconds()

    def _today(self) -> date:
        return self._run.clock.now().astimezone(self._run.city.zone).date()


def equip(run: Runtime) -> Usage:
    """One worker's counting, for the edge; `run.part(Ledger)` writes it, for the last time at the end."""
    run.parts[Ledger] = ledger = Ledger(run)
    run.closers.append(ledger.close)
    return ledger.usage


async def add(session: AsyncSession, counted: Mapping[Seen, Counts], now: datetime) -> None:
    """Adds to the days' rows, in one statement; one worker after the other, so that the bound holds."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    known = await queries.versions_known(session, {(seen.client, seen.day) for seen in counted})
    rows = [
        {**seen._asdict(), **counts.told(), "last_at": now}
        for seen, counts in rules.bounded(counted, known).items()
    ]
    await session.execute(_ADD, {"rows": json.dumps(rows, default=str)})


async def last_used(session: AsyncSession, clients: Collection[str]) -> Mapping[str, datetime]:
    """When each of them was used last, within the days that are kept."""
    return await queries.last_used(session, clients)


async def between(
    session: AsyncSession, run: Runtime, client: str, since: date, until: date
) -> tuple[list[DayOut], list[SeenOut]]:
    """The days of a client, and the platforms and versions its apps named; `until` is included."""
    days = await queries.days_of(session, client, since, until)
    seen = await queries.versions_of(session, client, since, until)
    return [DayOut.model_validate(row) for row in days], [seen_out(row, run) for row in seen]


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes days no longer kept, a bounded batch; answers how many rows went."""
    key = (ClientUsage.client, ClientUsage.day, ClientUsage.platform, ClientUsage.version)
    old = select(*key).where(ClientUsage.day < (now - _KEPT).date()).limit(FORGOTTEN_AT_ONCE)
    gone = delete(ClientUsage).where(tuple_(*key).in_(old)).returning(ClientUsage.client)
    return len((await session.execute(gone)).all())
