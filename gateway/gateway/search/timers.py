"""What is gone for good leaves the database, once a minute."""

from functools import partial

from gateway.search import usecases
from shared.forever import forever
from shared.runtime import Runtime

_PAUSE_SECONDS = 60


async def forget_gone(run: Runtime) -> None:
    """For ever, beside the requests."""
    await forever("search_forget_gone", partial(forget_once, run), _PAUSE_SECONDS)


async def forget_once(run: Runtime) -> None:
    """All that is gone by now, and some words that nobody writes any more."""
    await run.forget(usecases.forget_old, usecases.forget_words)


BACKGROUND = (forget_gone,)
