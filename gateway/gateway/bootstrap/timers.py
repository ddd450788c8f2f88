"""Notices begin and end by the clock; no event says so."""

from gateway.bootstrap.usecases import Beginnings
from shared.forever import forever
from shared.runtime import Runtime

_LOOK_SECONDS = 0.5


async def watch_notices(run: Runtime) -> None:
    """For ever."""
    beginnings: Beginnings = run.part(Beginnings)

    async def look() -> None:
        beginnings.look(run.clock.now())

    await forever("notices_watched", look, _LOOK_SECONDS)


BACKGROUND = (watch_notices,)
