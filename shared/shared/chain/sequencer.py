"""The one writer of the chain: entries in the order it first sees them, sealed every minute."""

import asyncio
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.chain.links import START, canonical, link
from shared.clock import Clock, stopwatch
from shared.contracts.city import ChainSealedV1
from shared.db import Database
from shared.events.outbox import emit
from shared.forever import forever
from shared.metrics import Metrics
from shared.tables import chain, entries, unchained

_LOCK = 0xC4A11
_BATCH = 500
_POLL_SECONDS = 2.0  # what another process left behind when it ended; one's own commits wake at once
_GATHER_SECONDS = 0.05  # entries of a busy moment share one transaction, one fsync
SEAL_EVERY = timedelta(seconds=60)


class Sequencer:
    """Chains what was committed, within 200 ms; the holder of the advisory lock works, others stand by."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._database, self._clock, self._metrics = database, clock, metrics
        self._woken = asyncio.Event()
        self._sealed_at = float("-inf")
        self._sealed_seq = 0

    def wake(self) -> None:
        """Called after each commit that wrote entries."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        await forever("sequencer", self._step)

    async def _step(self) -> None:
        self._woken.clear()
        if await self.chain_waiting() < _BATCH:
            await self._seal_if_time()
            await self._wait()

    async def chain_waiting(self) -> int:
        """Chains one batch in one transaction; answers how many entries it took."""
        async with self._database.transaction() as session:
            if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": _LOCK}):
                self._woken.set()  # whoever holds it may not have seen what was written last
                return 0
            rows = (await session.execute(_WAITING)).all()
            self._metrics.unchained.set(len(rows))
            if not rows:
                return 0
            seq, previous = await head(session)
            links = []
            for row in rows:
                content = canonical(str(row.id), str(row.entity_id), row.entity_version, row.facts)
                seq, previous = seq + 1, link(previous, content)
                links.append({"seq": seq, "entry_id": row.id, "hash": previous})
            await session.execute(insert(chain), links)
            await session.execute(delete(unchained).where(unchained.c.entry_id.in_([r.id for r in rows])))
            return len(rows)

    async def seal(self) -> None:
        """Tells the gateway how far the chain reaches, so that a truncated tail is found."""
        async with self._database.transaction() as session:
            seq, last = await head(session)
            if seq > self._sealed_seq:
                event = ChainSealedV1(seq=seq, hash=last.hex())
                name = f"chain:{self._database.publisher}"
                await emit(session, event, entity_id=name, entity_version=seq, now=self._clock.now())
        self._sealed_seq = seq

    async def _seal_if_time(self) -> None:
        if stopwatch() - self._sealed_at >= SEAL_EVERY.total_seconds():
            self._sealed_at = stopwatch()
            await self.seal()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_GATHER_SECONDS)


async def head(session: AsyncSession) -> tuple[int, bytes]:
    """(sequence number, hash) of the newest link; (0, 32 zero bytes) for an empty chain."""
    newest = select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1)
    row = (await session.execute(newest)).one_or_none()
    return (row.seq, row.hash) if row else (0, START)


async def backlog(session: AsyncSession) -> int:
    """How many entries wait to be chained."""
    return await session.scalar(select(func.count()).select_from(unchained)) or 0


_WAITING = (
    select(entries)
    .join(unchained, unchained.c.entry_id == entries.c.id)
    .order_by(unchained.c.entity_version, unchained.c.entry_id)
    .limit(_BATCH)
)
