"""Seeds of a city pack: inserted where they are missing, never over what staff changed (contracts 10)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

if TYPE_CHECKING:
    from shared.runtime import Runtime

Row = Mapping[str, Any]
_LOCK = 0x5EED
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Seed:
    """Rows of one table that a file of the pack gives, known by their column `key`.

    `plant` inserts the missing ones, with whatever the service tells of them; `source` names the file.
    """

    source: str
    table: Table
    key: str
    rows: Callable[["Runtime"], Sequence[Row]]
    plant: Callable[[AsyncSession, "Runtime", Sequence[Row], datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sown:
    """What became of one seed: how many were inserted, which differ from the pack, which it does not name."""

    source: str
    inserted: int
    differ: Sequence[str]
    own: int

    def __str__(self) -> str:
        changed = f", changed since and kept: {', '.join(self.differ)}" if self.differ else ""
        return f"{self.source}: {self.inserted:,} inserted{changed}; {self.own:,} not from the pack"


async def sow(session: AsyncSession, run: "Runtime", seeds: Sequence[Seed], now: datetime) -> list[Sown]:
    """Inserts what is missing of each seed, in order; one process at a time."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    return [await _sow(session, run, seed, now) for seed in seeds]


async def _sow(session: AsyncSession, run: "Runtime", seed: Seed, now: datetime) -> Sown:
    rows, key = seed.rows(run), seed.table.c[seed.key]
    inserted, differ = 0, []
    before = await session.scalar(select(func.count()).select_from(seed.table)) or 0
    for start in range(0, len(rows), _AT_ONCE):
        given = {row[seed.key]: dict(row) for row in rows[start : start + _AT_ONCE]}
        columns = [seed.table.c[name] for name in next(iter(given.values()))]
        found = await session.execute(select(*columns).where(key.in_(list(given))))
        held = {row[seed.key]: dict(row) for row in found.mappings()}
        missing = [row for name, row in given.items() if name not in held]
        if missing:
            await seed.plant(session, run, missing, now)
        inserted += len(missing)
        differ += [str(name) for name, row in held.items() if row != given[name]]
    return Sown(seed.source, inserted, differ, before + inserted - len(rows))


async def sow_all(run: "Runtime", seeds: Sequence[Seed]) -> list[Sown]:
    """The same in a transaction of its own."""
    async with run.database.transaction() as session:
        return await sow(session, run, seeds, run.clock.now())


class Sower:
    """Sows at the start of a process, as soon as the database answers; before that it is not ready."""

    def __init__(self, run: "Runtime", seeds: Sequence[Seed]) -> None:
        self._run, self._seeds = run, seeds
        self._done = asyncio.Event()

    def missing(self) -> list[str]:
        """For readiness."""
        return [] if self._done.is_set() else ["seeds of the city pack"]

    async def work(self) -> None:
        """Once; `forever` tries again after a failure."""
        if not self._done.is_set():
            await sow_all(self._run, self._seeds)
            self._done.set()
        await asyncio.Event().wait()
