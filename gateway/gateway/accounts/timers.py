"""Finished sessions, codes, tries, exports and old traces of access leave the database, once a minute."""

from functools import partial

from gateway.accesses import usecases as accesses
from gateway.accounts import usecases as accounts
from gateway.codes import usecases as codes
from gateway.exports import usecases as exports
from gateway.passwords import usecases as passwords
from shared.forever import forever
from shared.runtime import Runtime

_PAUSE_SECONDS = 60


async def forget_finished(run: Runtime) -> None:
    """For ever, beside the requests."""
    await forever("accounts_forget_finished", partial(forget_once, run), _PAUSE_SECONDS)


async def forget_once(run: Runtime) -> None:
    """All that is finished by now."""
    await run.forget(*(each.forget_old for each in (accounts, codes, passwords, accesses, exports)))


BACKGROUND = (forget_finished,)
