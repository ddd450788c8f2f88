"""Keeps the switches in memory, on every worker."""

from gateway.desk.usecases import hear
from gateway.menus.usecases import TAG, Menus
from shared.runtime import Runtime


async def keep_switches(run: Runtime) -> None:
    """For ever."""
    await hear(run, TAG, run.part(Menus).reload)


BACKGROUND = (keep_switches,)
