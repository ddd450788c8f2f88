"""Keeps the feed at 24 hours."""

from functools import partial

from gateway.streams import usecases
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 60


async def forget_feed(run: Runtime) -> None:
    """For ever."""
    await forever("feed_forgotten", partial(forget_once, run), _EVERY_SECONDS)


async def forget_once(run: Runtime) -> None:
    """All that is old by now."""
    await run.forget(usecases.forget_old, usecases.forget_tickets)


BACKGROUND = (forget_feed,)
