"""People who use LAKSA without a pause, and a watch on how long anything of theirs waits for a lock."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
from httpx import Response

from tests.svc_laksa.town import CENTRE, Town, report

READS = ("/reports", "/reports?state=received", "/queue", "/ledger?limit=5")


@dataclass
class Traffic:
    """What was answered since the last look."""

    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0

    def begin(self) -> None:
        """Forgets what was."""
        self.answers, self.slowest = Counter(), 0.0

    @property
    def failed(self) -> Counter[int]:
        """Answers that are no success."""
        return Counter({status: n for status, n in self.answers.items() if status >= 400})

    async def time(self, sent: Awaitable[Response]) -> Response:
        """Awaits an answer and notes how long it took, in seconds."""
        began = time.monotonic()
        answer = await sent
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[answer.status_code] += 1
        return answer


@asynccontextmanager
async def traffic(town: Town) -> AsyncIterator[Traffic]:
    """Residents who report, staff who work and guests who read, all at once, while open."""
    seen = Traffic()
    people = [_reports(town, seen), _reports(town, seen), _works(town, seen), _reads(town, seen)]
    tasks = [asyncio.create_task(each) for each in people]
    try:
        yield seen
        assert not [t for t in tasks if t.done()], tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class LockWatch:
    """The longest wait for a lock of any connection of the service, in seconds, and who it waited for."""

    longest: float = 0.0


@asynccontextmanager
async def watching_locks(owner_url: str) -> AsyncIterator[LockWatch]:
    """Looks a hundred times a second at who waits, and since when."""
    connection = await asyncpg.connect(owner_url)
    seen = LockWatch()

    async def watch() -> None:
        while True:
            seen.longest = max(seen.longest, float(await connection.fetchval(_WAITING)))
            await asyncio.sleep(0.01)

    task = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connection.close()


_WAITING = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)
    FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE NOT granted AND datname = current_database()
      AND pid IN (SELECT pid FROM pg_stat_activity WHERE usename = 'svc_laksa')
"""


async def _reports(town: Town, seen: Traffic) -> None:
    while True:
        await seen.time(town.post(town.citizen, "/reports", report()))


async def _works(town: Town, seen: Traffic) -> None:
    while True:
        made = (await seen.time(town.post(town.other, "/reports", report()))).json()
        await seen.time(town.post(town.officer, f"/reports/{made['id']}/assign"))
        await seen.time(town.post(town.officer, f"/reports/{made['id']}/start"))
        await seen.time(town.get(town.other, f"/reports/{made['id']}"))


async def _reads(town: Town, seen: Traffic) -> None:
    while True:
        for path in READS:
            await seen.time(town.get(town.officer, path))
        await seen.time(town.get(town.guest, "/reports/nearby", params=CENTRE))


async def p95(ask: Callable[[], Awaitable[Response]], times: int) -> float:
    """The 95th percentile of `times` requests one after the other, in seconds."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        answer = await ask()
        took.append(time.monotonic() - began)
        assert answer.status_code == 200, answer.text
    return sorted(took)[int(times * 0.95)]
