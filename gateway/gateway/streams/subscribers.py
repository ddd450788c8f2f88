"""What wakes the open streams: the feed's writers over core NATS, ended sessions, and a look of one's own."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from nats.errors import Error as NatsError

from gateway.accounts.queries import revoked_sessions
from gateway.accounts.rules import ACCESS_SECONDS
from gateway.streams import queries, usecases
from gateway.streams.rules import Hub, frame, localised
from gateway.streams.usecases import PUSH
from shared.clock import stopwatch
from shared.contracts.gateway import SessionRevokedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.forever import forever
from shared.runtime import Runtime

_POLL_SECONDS = 2.0  # while the broker is away
_SURE_SECONDS = 15.0  # core NATS promises nothing: a lost wake-up costs no more than this


async def hear_feed(run: Runtime) -> None:
    """For ever: who is named on `push.feed` has news. nats-py subscribes again when it reconnects."""
    hub: Hub = run.part(Hub)

    async def hear() -> None:
        await run.bus.connected.wait()
        subscription = await run.bus.client.subscribe(PUSH)
        try:
            hub.wake_all()
            async for message in subscription.messages:
                hub.wake(json.loads(message.data))
        finally:
            with suppress(NatsError):  # it went with its connection
                await subscription.unsubscribe()

    await forever("feed_heard", hear)


async def look_at_feed(run: Runtime) -> None:
    """For ever: looks for everybody with an open stream every 2 s without broker, else every 15 s."""
    hub: Hub = run.part(Hub)
    looked, gone = stopwatch(), run.bus.gone

    async def look() -> None:
        nonlocal looked, gone
        missed = gone is not run.bus.gone or not run.bus.connected.is_set()
        if missed or stopwatch() - looked >= _SURE_SECONDS:
            hub.wake_all()
            looked, gone = stopwatch(), run.bus.gone

    await forever("feed_looked_at", look, _POLL_SECONDS)


async def deliver_feed(run: Runtime) -> None:
    """For ever: reads what the woken people were told, one query for all of them, and hands it out."""
    hub: Hub = run.part(Hub)

    async def wait_and_deliver() -> None:
        await hub.woken.wait()
        await deliver(run, hub)

    await forever("feed_delivered", wait_and_deliver)


async def deliver(run: Runtime, hub: Hub) -> None:
    """Gives each waiting person's streams the feed rows they have not; if that fails she goes on waiting."""
    waiting = hub.take_waiting()
    last_id, more = min(waiting.values(), default=0), bool(waiting)
    try:
        while more:
            async with run.database.transaction() as session:
                rows = await queries.since(session, waiting, last_id, run.clock.now())
            for row in rows:
                _hand_out(run, hub, row)
                last_id = row.id
            more = len(rows) == queries.PAGE
    except BaseException:
        hub.wake(waiting)
        raise


async def end_streams(run: Runtime) -> None:
    """For ever: a stream ends with its session."""
    hub: Hub = run.part(Hub)

    async def heard(event: Envelope) -> None:
        hub.end_sessions([SessionRevokedV1.model_validate(event.data).sid])

    async def reload() -> None:
        since = run.clock.now() - timedelta(seconds=ACCESS_SECONDS)
        async with run.database.transaction() as session:
            hub.end_sessions(await revoked_sessions(session, since))

    await Fanout(run.bus, f"gateway.{SessionRevokedV1.name}", heard, reload).run()


async def end_with_keys(run: Runtime) -> None:
    """For ever: when a key is withdrawn, what was opened with it ends too; which that was nobody noted."""
    known = run.keys.kids

    async def look() -> None:
        nonlocal known
        now_known = run.keys.kids
        if known - now_known:
            await usecases.end_all(run)
        known = now_known

    await forever("streams_of_withdrawn_keys", look, _POLL_SECONDS)


def _hand_out(run: Runtime, hub: Hub, row: Any) -> None:
    frames: dict[str, bytes] = {}
    for listener in hub.listeners(row.citizen_id):
        if listener.language not in frames:
            payload = localised(row.payload, listener.language, run.city.zone)
            frames[listener.language] = frame(row.event, payload, row.id)
        listener.give(row.id, frames[listener.language])


BACKGROUND = (hear_feed, look_at_feed, deliver_feed, end_streams, end_with_keys)
