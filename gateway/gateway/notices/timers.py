"""Keeps notices for a year after their end."""

from functools import partial

from gateway.notices.usecases import forget_old
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 3_600


async def forget_notices(run: Runtime) -> None:
    """For ever."""
    await forever("notices_forgotten", partial(run.forget, forget_old), _EVERY_SECONDS)


BACKGROUND = (forget_notices,)
