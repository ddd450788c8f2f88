"""The relay: outbox rows to JetStream, in order per entity, marked sent only after the broker's ack."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from nats.errors import Error as NatsError
from nats.js.errors import APIError, NoStreamResponseError
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import log
from shared.clock import Clock, stopwatch
from shared.db import Database
from shared.events.bus import Bus
from shared.events.event import CONTENT_TYPE, Envelope
from shared.forever import forever
from shared.metrics import Metrics
from shared.tables import FORGOTTEN_AT_ONCE, outbox
from shared.tracing import Tracing

_log = log.get(__name__)
_LOCK = 0x0B0C5  # one relay per database holds it, so that order survives several replicas
_WINDOW = 256
_POLL_SECONDS = 0.1
KEPT = timedelta(days=7)


class Relay:
    """One per process; the one whose connection holds the advisory lock works, the others stand by."""

    def __init__(
        self, database: Database, bus: Bus, clock: Clock, source: str, metrics: Metrics, tracing: Tracing
    ) -> None:
        self._database, self._bus, self._clock = database, bus, clock
        self._source, self._metrics, self._tracing = source, metrics, tracing
        self._woken = asyncio.Event()
        self._refused = ""
        self._cleaned = stopwatch()

    def wake(self) -> None:
        """Called after each commit that wrote events."""
        self._woken.set()

    def troubles(self) -> list[str]:
        """What the broker said of events it does not take (a full stream), until all are sent."""
        return [f"the broker refuses events: {self._refused}"] if self._refused else []

    async def run(self) -> None:
        """For ever: hold the lock, send; start again after whatever broke."""
        await forever("relay", self._hold_and_send)

    async def _hold_and_send(self) -> None:
        async with self._database.connection() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            if not await connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": _LOCK}):
                self._refused = ""  # whoever holds it knows better
                await asyncio.sleep(1)
                return
            try:
                while True:
                    await self._step(connection)
            finally:
                await connection.invalidate()  # closing the connection is what frees the lock for sure

    async def _step(self, connection: AsyncConnection) -> None:
        """One window; while the broker is away only the lag is measured, once a second."""
        self._woken.clear()
        rows = (await connection.execute(_UNSENT)).all()
        now = self._clock.now()
        self._metrics.outbox_lag.set((now - rows[0].occurred_at).total_seconds() if rows else 0)
        if not self._bus.connected.is_set():
            await asyncio.sleep(1)
            return
        await self._clean(connection, now)
        sent = await self._send(rows)
        if sent:
            await connection.execute(update(outbox).where(outbox.c.id.in_(sent)).values(sent_at=now))
        if len(sent) == len(rows):
            self._refused = ""
        elif self._refused:
            await self._bus.ensure()  # somebody may have deleted the stream
            await asyncio.sleep(1)
        else:
            await asyncio.sleep(0.2)
        if not rows:
            await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _send(self, rows: Sequence[Any]) -> list[Any]:
        lanes: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            lanes[row.entity_id].append(row)
        done = await asyncio.gather(*(self._send_lane(lane) for lane in lanes.values()))
        return [event_id for lane in done for event_id in lane]

    async def _send_lane(self, rows: list[Any]) -> list[Any]:
        """One entity's events one after the other; the first that fails holds back those behind it."""
        sent = []
        for row in sorted(rows, key=lambda r: (r.entity_version, r.id)):
            try:
                await self.publish(row)
            except (NatsError, TimeoutError, ConnectionError) as error:
                if isinstance(error, APIError | NoStreamResponseError):
                    self._refused = (
                        f"{row.type.partition('.')[0].upper()}: {error.description or 'no stream'}"
                    )
                _log.warning("event_not_sent", type=row.type, error=type(error).__name__)
                break
            sent.append(row.id)
        return sent

    async def publish(self, row: Any) -> None:
        """One outbox row to its stream, acknowledged; the broker drops a second one of the same id."""
        with self._tracing.around(f"publish {row.type}", "producer", row.traceparent) as trace:
            told = envelope(row, self._source).model_copy(update={"traceparent": trace})
            await self._bus.jetstream.publish(
                row.type,
                told.model_dump_json(exclude_none=True).encode(),
                headers={"Nats-Msg-Id": str(row.id), "Content-Type": CONTENT_TYPE},
            )
        self._metrics.events_sent.labels(row.type).inc()

    async def _clean(self, connection: AsyncConnection, now: datetime) -> None:
        if stopwatch() - self._cleaned < 60:
            return
        old = select(outbox.c.id).where(outbox.c.sent_at < now - KEPT).limit(FORGOTTEN_AT_ONCE)
        gone = await connection.execute(delete(outbox).where(outbox.c.id.in_(old)))
        if gone.rowcount < FORGOTTEN_AT_ONCE:
            self._cleaned = stopwatch()


_UNSENT = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(_WINDOW)


def envelope(row: Any, source: str) -> Envelope:
    """The CloudEvents envelope of an outbox row."""
    return Envelope(
        id=str(row.id),
        source=source,
        type=row.type,
        subject=row.entity_id,
        time=row.occurred_at,
        partitionkey=row.entity_id,
        entityversion=row.entity_version,
        traceparent=row.traceparent,
        causationid=row.causation_id,
        data=row.data,
    )


async def replay(connection: AsyncConnection, since: datetime) -> int:
    """Marks what was sent since then as not sent, so that the relay sends it again; at most the 7 days kept.

    When it was sent counts, not when it happened: what waited for the broker may be what the broker lost. A
    stream that was purged, not lost, takes no event a second time within ten minutes.
    """
    result = await connection.execute(update(outbox).where(outbox.c.sent_at >= since).values(sent_at=None))
    return result.rowcount


async def waiting(connection: AsyncConnection) -> int:
    """How many events are not sent yet."""
    return await connection.scalar(select(func.count()).where(outbox.c.sent_at.is_(None))) or 0
