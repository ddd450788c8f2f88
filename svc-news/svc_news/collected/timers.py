"""Collected items leave the database after 90 days."""

from functools import partial

from shared.forever import forever
from shared.runtime import Runtime
from svc_news.collected.usecases import forget_old

_PAUSE_SECONDS = 600


async def forget_collected(run: Runtime) -> None:
    """For ever, beside the requests."""
    await forever("collected_forgotten", partial(run.forget, forget_old), _PAUSE_SECONDS)


BACKGROUND = (forget_collected,)
