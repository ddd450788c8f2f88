"""Keeps what requests read in memory, on every worker."""

from gateway.bootstrap.usecases import TAG, Beginnings
from gateway.desk.usecases import hear
from shared.runtime import Runtime


async def keep_beginnings(run: Runtime) -> None:
    """For ever."""
    await hear(run, TAG, run.part(Beginnings).reload)


BACKGROUND = (keep_beginnings,)
