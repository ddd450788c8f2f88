"""Due work of this slice, and its alarm: how many erasures and exports wait, and how many are late."""

from functools import partial

from gateway.erasures import queries
from gateway.erasures.usecases import REMIND, Clocks, remind
from gateway.exports import queries as exports
from gateway.exports.rules import IN_TIME
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 15
TIMERS = {REMIND: remind}


async def watch_clocks(run: Runtime) -> None:
    """For ever."""
    await forever("privacy_clocks", partial(measure, run), _EVERY_SECONDS)


async def measure(run: Runtime) -> None:
    """Counts what waits and what is late, for metrics and health."""
    now, clocks = run.clock.now(), run.part(Clocks)
    async with run.database.transaction() as session:
        waiting, late = await queries.counts(session, now)
        clocks.set(waiting, late, await exports.late(session, now - IN_TIME))


BACKGROUND = (watch_clocks,)
