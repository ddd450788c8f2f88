"""Finished sessions, codes and tries leave the database, a batch a minute."""

from gateway.accounts import usecases as accounts
from gateway.codes import usecases as codes
from gateway.passwords import usecases as passwords
from shared.forever import forever
from shared.runtime import Runtime

_PAUSE_SECONDS = 60


async def forget_finished(runtime: Runtime) -> None:
    """For ever, beside the requests."""

    async def once() -> None:
        for slice_ in (accounts, codes, passwords):
            async with runtime.database.transaction() as session:
                await slice_.forget_old(session, runtime.clock.now())

    await forever("accounts_forget_finished", once, _PAUSE_SECONDS)


BACKGROUND = (forget_finished,)
