"""The kills: who, when, and how long until the city is whole again."""

import asyncio
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import asyncpg

from deploy.local.readiness import health_of
from deploy.local.records import Record, read_records
from shared.events.relay import _LOCK as RELAY_LOCK
from tests.chaos.sending import Traffic
from tests.chaos.town import Town, in_thread_until

GATEWAY, LAKSA, LAKSA_RELAY, GATEWAY_RELAY, BROKER, POSTGRES = TARGETS = (
    "gateway",
    "svc-laksa",
    "relay of svc-laksa",
    "relay of the gateway",
    "broker",
    "PostgreSQL",
)
_RECOVERY_SECONDS = 60
_PAUSES = (0.1, 1.0)  # seconds between being whole again and the next kill
_HOLDER = """
SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objid = $1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class NotRecovered(Exception):
    """The city did not come back by itself in time."""


@dataclass(frozen=True)
class Kill:
    """One `kill -9`: of what, how many writes were under way, seconds until whole (None: not waited for)."""

    target: str
    pid: int
    in_flight: int
    seconds: float | None


def deck(chance: random.Random) -> Iterator[str]:
    """Targets without end: every six kills hit each of them once, in random order."""
    return chain.from_iterable(chance.sample(TARGETS, len(TARGETS)) for _ in repeat(None))


@dataclass
class Killer:
    """Kills at random moments while writes are under way; once in three times the next one does not wait."""

    town: Town
    traffic: Traffic
    chance: random.Random

    async def run(self, kills: int, tell: Callable[[list[Kill]], None]) -> list[Kill]:
        """All kills, told one by one. NotRecovered when the city stays away for a minute."""
        done: list[Kill] = []
        targets = deck(self.chance)
        while len(done) < kills:
            await asyncio.sleep(self.chance.uniform(*_PAUSES))
            last = len(done) == kills - 1
            done.append(await self._kill(next(targets), wait=last or self.chance.random() < 2 / 3))
            tell(done)
        return done

    async def _kill(self, target: str, *, wait: bool) -> Kill:
        victim = await self._victim(target)
        while not self.traffic.in_flight:
            await asyncio.sleep(0.001)
        in_flight, began = self.traffic.in_flight, time.monotonic()
        os.kill(victim.pid, signal.SIGKILL)
        if wait:
            await self._wait_until_whole(target, victim, began)
        return Kill(target, victim.pid, in_flight, time.monotonic() - began if wait else None)

    async def _wait_until_whole(self, target: str, victim: Record, began: float) -> None:
        """Another process in its place, everything ready, and a write acknowledged that began since."""

        def whole() -> bool:
            replaced = all(r.pid != victim.pid for r in self._records() if r.name == victim.name)
            ready = not any(health_of(process).missing for process in self.town.processes)
            return replaced and ready and self.town.broker.answers()

        if not await in_thread_until(whole, _RECOVERY_SECONDS):
            raise NotRecovered(f"{target}: not ready {_RECOVERY_SECONDS} s after its kill")
        if target in (LAKSA_RELAY, GATEWAY_RELAY):
            await self._victim(target)
        while not self.traffic.acknowledged_since(began):
            if time.monotonic() - began > _RECOVERY_SECONDS:
                raise NotRecovered(f"{target}: ready, but no write acknowledged since its kill")
            await asyncio.sleep(0.01)

    async def _victim(self, target: str) -> Record:
        """The process to kill, once it runs."""
        async with asyncio.timeout(_RECOVERY_SECONDS):
            while True:
                found = await self._find(target)
                if found is not None and found.alive():
                    return found
                await asyncio.sleep(0.05)

    async def _find(self, target: str) -> Record | None:
        if target in (LAKSA_RELAY, GATEWAY_RELAY):
            return await self._holder("laksa" if target == LAKSA_RELAY else "gateway")
        name = {LAKSA: "laksa", BROKER: "nats", POSTGRES: "postgres"}.get(target)
        records = [r for r in self._records() if (r.name == name if name else r.name.startswith("gateway"))]
        return self.chance.choice(records) if records else None

    async def _holder(self, database: str) -> Record | None:
        """The process whose connection holds the relay's lock, by the port at its end of the connection."""
        try:
            connection = await self.town.connect(database)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return None
        try:
            port = await connection.fetchval(_HOLDER, RELAY_LOCK)
        except (OSError, asyncpg.PostgresError):
            return None
        finally:
            connection.terminate()
        return None if port is None else await asyncio.to_thread(_owner_of, port, self._records())

    def _records(self) -> list[Record]:
        """The recorded processes of this stack: nothing else is ever killed."""
        return read_records(self.town.stack.folder)


def _owner_of(port: int, records: list[Record]) -> Record | None:
    """Which of these processes has the local TCP port `port` (proc(5): net/tcp, then the socket's inode)."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port}
    for record in records:
        if inodes & _sockets(record.pid):
            return record
    return None


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            found |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(entry)))
    except OSError:  # it ended meanwhile
        return found
    return found
