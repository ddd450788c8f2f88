"""Keeps the feed at 24 hours."""

from gateway.streams import usecases
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 60


async def forget_feed(run: Runtime) -> None:
    """For ever."""

    async def forget() -> None:
        async with run.database.transaction() as session:
            await usecases.forget_old(session, now=run.clock.now())

    await forever("feed_forgotten", forget, _EVERY_SECONDS)


BACKGROUND = (forget_feed,)
