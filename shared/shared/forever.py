"""Work beside the requests: done again for ever, whatever breaks is logged and survived, once for all."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

from nats.errors import Error as NatsError

from shared import log
from shared.db import translate
from shared.errors import OutcomeUnknown, Unavailable

_log = log.get(__name__)
_PAUSE_SECONDS = 0.5


def is_absence(error: BaseException) -> bool:
    """Whether an error only says that PostgreSQL or NATS is away: health and metrics tell that already."""
    known = NatsError | TimeoutError | ConnectionError | Unavailable | OutcomeUnknown
    return isinstance(error, known) or translate(error) is not None


async def forever(name: str, work: Callable[[], Awaitable[object]], pause_seconds: float = 0) -> NoReturn:
    """Calls `work` again and again; after a failure it waits half a second, at least."""
    while True:
        pause = pause_seconds
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nothing may end the work of a process but its stop
            if not is_absence(error):
                _log.error("background_failed", work=name, exc_info=error)
            pause = max(pause_seconds, _PAUSE_SECONDS)
        await asyncio.sleep(pause)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels the tasks until they are over.

    More than once: `asyncio.wait_for` of Python 3.11, which nats-py uses, loses a cancellation that comes
    together with its result (python/cpython#86296; seen in 5 of 1,500 connections refused while stopping).
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_PAUSE_SECONDS)
