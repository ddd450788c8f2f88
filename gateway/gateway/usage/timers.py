"""Background work of this slice: what was counted is written every 10 s, what is old goes."""

import asyncio
from functools import partial

from gateway.usage.usecases import Ledger, forget_old
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 10.0
_FORGET_SECONDS = 3_600


async def keep_usage(run: Runtime) -> None:
    """For ever."""
    await forever("client_usage", partial(_write, run.part(Ledger)))


async def _write(ledger: Ledger) -> None:
    await asyncio.sleep(min(_EVERY_SECONDS, ledger.seconds_of_day_left()))
    await asyncio.shield(ledger.flush())  # a process that is told to stop ends what it is writing


async def forget_usage(run: Runtime) -> None:
    """For ever."""
    await forever("old_usage", partial(run.forget, forget_old), _FORGET_SECONDS)


BACKGROUND = (keep_usage, forget_usage)
