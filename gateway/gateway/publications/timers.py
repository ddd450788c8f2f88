"""Documents follow their provider out of the search and back; old withdrawals and counts are deleted."""

from collections.abc import Sequence
from functools import partial

from gateway.links import usecases as links
from gateway.publications import usecases
from shared.contracts.gateway import ProviderChangedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.forever import forever
from shared.runtime import Runtime

_AT_ONCE = 200
_PAUSE_SECONDS = 60


async def follow_providers(run: Runtime) -> None:
    """For ever: whenever a provider has changed, and on each beginning."""

    async def hear(event: Envelope) -> None:
        await follow(run, [ProviderChangedV1.model_validate(event.data).provider])

    await Fanout(run.bus, f"gateway.{ProviderChangedV1.name}", hear, partial(follow_all, run)).run()


async def follow_all(run: Runtime) -> None:
    """All whose documents are out of step; nobody's, nearly always."""
    async with run.database.transaction() as session:
        codes = await usecases.out_of_step(session, run.clock.now())
    await follow(run, codes)


async def follow(run: Runtime, codes: Sequence[str]) -> None:
    """200 documents a transaction, so that nobody waits long for a lock."""
    for code in codes:
        moved = _AT_ONCE
        while moved >= _AT_ONCE:
            async with run.database.transaction() as session:
                moved = await usecases.follow(session, code, _AT_ONCE, now=run.clock.now())


async def forget_finished(run: Runtime) -> None:
    """For ever: documents withdrawn a month ago, and counts of days that are three months past."""
    forget = partial(run.forget, usecases.forget_old, links.forget_old)
    await forever("providers_forget_finished", forget, _PAUSE_SECONDS)


BACKGROUND = (follow_providers, forget_finished)
