"""What has changed, from whichever publisher, over core NATS: these are hints, and a gap says read anew."""

from contextlib import suppress

from nats.errors import Error as NatsError
from pydantic import ValidationError

from gateway.streams.everybody.usecases import Crier
from shared import log
from shared.contracts.city import TagsPurgedV1
from shared.events.event import Envelope
from shared.forever import forever
from shared.runtime import Runtime

_log = log.get(__name__)
_SUBJECT = f"*.{TagsPurgedV1.name}"
_LOOK_SECONDS = 0.5


async def hear_purges(run: Runtime) -> None:
    """For ever. nats-py subscribes again when it reconnects."""
    crier: Crier = run.part(Crier)

    async def hear() -> None:
        await run.bus.connected.wait()
        subscription = await run.bus.client.subscribe(_SUBJECT)
        try:
            await run.bus.client.flush()
            await crier.missed()
            async for message in subscription.messages:
                crier.hear(_tags(message.data))
        finally:
            with suppress(NatsError):  # it went with its connection
                await subscription.unsubscribe()

    await forever("purges_heard", hear)


async def tell_everybody(run: Runtime) -> None:
    """For ever: looks twice a second for what is to be told."""
    crier: Crier = run.part(Crier)
    gone = run.bus.gone

    async def look() -> None:
        nonlocal gone
        if gone is not run.bus.gone:
            gone = run.bus.gone
            await crier.missed()
        await crier.look()

    await forever("everybody_told", look, _LOOK_SECONDS)


def _tags(data: bytes) -> tuple[str, ...]:
    try:
        return TagsPurgedV1.model_validate(Envelope.model_validate_json(data).data).tags
    except ValidationError:
        _log.warning("purge_unreadable")
        return ()


BACKGROUND = (hear_purges, tell_everybody)
