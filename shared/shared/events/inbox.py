"""Work subscriptions: durable, once per service; effect and inbox row in one transaction, then the ack."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError
from pydantic import ValidationError
from sqlalchemy import CursorResult, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import log
from shared.events.dead import bury
from shared.events.event import Envelope
from shared.forever import forever, is_absence
from shared.tables import FORGOTTEN_AT_ONCE, inbox

if TYPE_CHECKING:
    from shared.runtime import Runtime

Handler = Callable[[AsyncSession, "Runtime", Envelope, datetime], Awaitable[None]]
_log = log.get(__name__)
_BATCH = 64
_TRIES = 10
_AWAY_SECONDS = 0.5
_BUSY_SECONDS = 5
_IN_HAND_SECONDS = 10  # what a killed process had in hand is given out again after this time
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service listens to. `names` are types without publisher; `streams` whose publishers count.

    No `streams`: its own, and those of every service that its settings name (SERVICES). The purpose names the
    durable and is what repeats are known by: under another one everything would be taken in again.
    """

    purpose: str
    streams: tuple[str, ...]
    names: tuple[str, ...]
    handle: Handler
    from_now: bool = False
    """A new subscription begins with the next event, not with the thirty days its streams still hold."""

    def subjects(self, stream: str) -> list[str]:
        """The NATS subjects of one stream."""
        return [f"{stream.lower()}.{name}" for name in self.names]


class Inbox:
    """Runs one subscription on one stream, one message batch at a time; a process applies three at once."""

    def __init__(self, subscription: Subscription, stream: str, run: "Runtime") -> None:
        self._what, self._stream, self._run = subscription, stream, run
        self._database, self._bus, self._clock, self._metrics = run.database, run.bus, run.clock, run.metrics
        self.consumer = f"{run.name}-{subscription.purpose}"
        self._failures: dict[str, int] = {}
        self._metrics.events_handled.labels(self.consumer, "dead")  # at 0, or an alert misses the first one

    async def run(self) -> None:
        """For ever; the pull subscription is rebuilt after every reconnect or failure."""
        await forever(self.consumer, self._session)

    async def _session(self) -> None:
        await self._bus.connected.wait()
        await self._consume(await self._subscribe())

    async def _subscribe(self) -> JetStreamContext.PullSubscription:
        jetstream = self._bus.jetstream
        config = ConsumerConfig(
            name=self.consumer,
            durable_name=self.consumer,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.NEW if self._what.from_now else DeliverPolicy.ALL,
            ack_wait=_IN_HAND_SECONDS,
            max_deliver=-1,
            max_ack_pending=1_000,
            filter_subjects=self._what.subjects(self._stream),
        )
        try:
            await jetstream.add_consumer(self._stream, config)  # updates it too, when the subjects grew
        except NotFoundError:  # somebody deleted the stream
            await self._bus.ensure()
            raise
        return await jetstream.pull_subscribe_bind(durable=self.consumer, stream=self._stream)

    async def _consume(self, subscription: JetStreamContext.PullSubscription) -> None:
        gone = self._bus.gone
        try:
            while not gone.is_set():
                await self._take(await _fetch(subscription))
        finally:
            if self._bus.connected.is_set():
                await subscription.unsubscribe()

    async def _take(self, messages: list[Msg]) -> None:
        """The batch in one transaction; if that fails, each alone: one bad event holds up no other."""
        readable = [(m, e) for m in messages if (e := await self._read(m)) is not None]
        if not readable:
            return
        try:
            await self._apply([e for _, e in readable])
        except Exception as error:  # noqa: BLE001 - each is tried alone below, and what fails there is logged
            if is_absence(error):
                await self._outwait([m for m, _ in readable])
            for message, event in readable:
                await self._take_alone(message, event)
            return
        for message, _ in readable:
            await message.ack()

    async def _outwait(self, messages: Sequence[Msg]) -> None:
        """Waits until the database is there, the messages in hand: its absence uses up no try of theirs."""
        while True:
            try:
                await self._database.ping()
                return
            except Exception as error:
                if not is_absence(error):
                    raise
            for message in messages:
                await message.in_progress()
            await asyncio.sleep(_AWAY_SECONDS)

    async def _take_alone(self, message: Msg, event: Envelope) -> None:
        try:
            await self._apply([event])
        except Exception as error:  # noqa: BLE001 - any failure means: again later, then the dead letters
            if is_absence(error):
                await self._outwait([message])
                self._metrics.events_handled.labels(self.consumer, "retried").inc()
                await message.nak(delay=_BUSY_SECONDS)  # not the event's fault: no try of its own
            else:
                await self._again(message, event, error)
            return
        self._failures.pop(event.id, None)
        await message.ack()

    async def _again(self, message: Msg, event: Envelope, error: Exception) -> None:
        """Counted here, not by deliveries: what a killed process had in hand has not failed."""
        tries = self._failures.pop(event.id, 0) + 1
        if tries >= _TRIES:
            _log.error("event_given_up", consumer=self.consumer, type=event.type, id=event.id, exc_info=error)
            await self._bury(message, type(error).__name__)
            return
        self._failures[event.id] = tries
        _log.warning("event_retried", type=event.type, id=event.id, tries=tries, error=type(error).__name__)
        self._metrics.events_handled.labels(self.consumer, "retried").inc()
        await message.nak(delay=min(2**tries * 0.1, 60))

    async def _apply(self, events: Sequence[Envelope]) -> None:
        async with self._run.inbox_places, self._database.transaction() as session:
            fresh = await self._unseen(session, events)
            for event in fresh:
                with (
                    self._run.tracing.around(
                        f"handle {event.type}",
                        "consumer",
                        event.traceparent,
                        {"city.consumer": self.consumer},
                    ) as trace,
                    structlog.contextvars.bound_contextvars(causation_id=event.id, traceparent=trace),
                ):
                    await self._what.handle(session, self._run, event, self._clock.now())
        self._metrics.events_handled.labels(self.consumer, "done").inc(len(fresh))
        self._metrics.events_handled.labels(self.consumer, "repeated").inc(len(events) - len(fresh))

    async def _unseen(self, session: AsyncSession, events: Sequence[Envelope]) -> list[Envelope]:
        rows = [
            {"consumer": self.consumer, "event_id": UUID(e.id), "received_at": self._clock.now()}
            for e in {e.id: e for e in events}.values()
        ]
        statement = insert(inbox).values(rows).on_conflict_do_nothing().returning(inbox.c.event_id)
        taken = {str(i) for i in (await session.execute(statement)).scalars()}
        return list({e.id: e for e in events if e.id in taken}.values())

    async def _read(self, message: Msg) -> Envelope | None:
        try:
            return Envelope.model_validate_json(message.data)
        except ValidationError:
            await self._bury(message, "unreadable")
            return None

    async def _bury(self, message: Msg, reason: str) -> None:
        await bury(self._bus.jetstream, message, self.consumer, reason)
        self._metrics.events_handled.labels(self.consumer, "dead").inc()
        await message.ack()


async def _fetch(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    """At least one message, at once; nats-py would hold a larger batch back until its time is over."""
    try:
        first = await subscription.fetch(1, timeout=5)
    except TimeoutError:
        return []
    try:
        return first + await subscription.fetch(_BATCH, timeout=0.005)
    except TimeoutError:
        return first


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes inbox rows older than 30 days, as long as a stream can still deliver them again: how many."""
    key = (inbox.c.consumer, inbox.c.event_id)
    old = select(*key).where(inbox.c.received_at < now - KEPT).limit(FORGOTTEN_AT_ONCE)
    gone = await session.execute(delete(inbox).where(tuple_(*key).in_(old)))
    return cast(CursorResult[Any], gone).rowcount
