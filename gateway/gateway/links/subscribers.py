"""Open streams read their lists anew when a provider they know falls silent, or speaks again."""

from gateway.links import usecases
from gateway.streams.rules import Hub
from shared.contracts.gateway import ProviderChangedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.runtime import Runtime


async def hear_silence(run: Runtime) -> None:
    """For ever: what a provider shows changes often, whether it may speak hardly ever."""
    hub: Hub = run.part(Hub)
    known: set[str] | None = None

    async def look() -> None:
        nonlocal known
        async with run.database.transaction() as session:
            silent = await usecases.silent(session, run.clock.now())
            turned = silent ^ known if known is not None else set()
            people = await usecases.known_at(session, turned, hub.people()) if turned else set()
        known = silent
        hub.reload(people)

    async def hear(event: Envelope) -> None:
        await look()

    await Fanout(run.bus, f"gateway.{ProviderChangedV1.name}", hear, look).run()


BACKGROUND = (hear_silence,)
