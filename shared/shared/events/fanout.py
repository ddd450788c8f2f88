"""Fan-out: every process hears every event, for its memory only; a gap means forget and read again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import DeliverPolicy
from pydantic import ValidationError

from shared import log
from shared.events.bus import Bus
from shared.events.event import Envelope
from shared.forever import forever

_log = log.get(__name__)
RELOAD_SECONDS = 5.0


class Fanout:
    """An ephemeral ordered consumer; `reload` runs at each beginning, and every 5 s without broker."""

    def __init__(
        self,
        bus: Bus,
        subject: str,
        handle: Callable[[Envelope], Awaitable[None]],
        reload: Callable[[], Awaitable[None]],
    ) -> None:
        self._bus, self._subject, self._handle, self._reload = bus, subject, handle, reload

    async def run(self) -> None:
        """For ever."""
        await forever(f"fanout {self._subject}", self._listen)

    async def _listen(self) -> None:
        if not self._bus.connected.is_set():
            await self._reload()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bus.connected.wait(), RELOAD_SECONDS)
            return
        gone = self._bus.gone
        subscription = await self._bus.jetstream.subscribe(
            self._subject, ordered_consumer=True, deliver_policy=DeliverPolicy.NEW
        )
        try:
            await self._reload()  # after subscribing, so that nothing falls between the two
            while (message := await _next(subscription, gone)) is not None:
                await self._take(message)
        finally:
            if self._bus.connected.is_set():
                await subscription.unsubscribe()

    async def _take(self, message: Msg) -> None:
        try:
            event = Envelope.model_validate_json(message.data)
        except ValidationError:
            _log.warning("fanout_unreadable", subject=message.subject)
            return
        await self._handle(event)


async def _next(subscription: JetStreamContext.PushSubscription, gone: asyncio.Event) -> Msg | None:
    """None once the connection is gone. Waits that end by a timeout left cycles for the collector all day."""
    waits = asyncio.create_task(subscription.next_msg(timeout=None)), asyncio.create_task(gone.wait())
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return None if gone.is_set() else waits[0].result()
    finally:
        for each in waits:
            each.cancel()
