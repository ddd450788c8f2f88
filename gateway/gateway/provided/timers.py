"""Asking providers for their section of home, beside the requests."""

import asyncio
import random
from typing import Any

from prometheus_client import Counter

from gateway.fetching.client import Fetcher, FetchFailed
from gateway.provided import usecases
from gateway.provided.queries import Claimed
from shared import log
from shared.forever import forever, is_absence
from shared.runtime import Runtime

_log = log.get(__name__)
_LOOK_SECONDS = 0.5
_AT_ONCE = 16


async def ask_providers(run: Runtime) -> None:
    """For ever: whoever is due is asked; of several workers each asks others."""
    asked = run.metrics.counter("city_provider_polls", "Questions to providers", "outcome")

    async def look() -> None:
        while await ask_due(run, asked):
            continue

    await forever("providers_asked", look, _LOOK_SECONDS)


async def ask_due(run: Runtime, asked: Counter) -> int:
    """Asks some that are due, at once; one that hangs holds up none of the others for more than 2 s."""
    async with run.database.transaction() as session:
        due = await usecases.claim(session, run.clock.now(), _AT_ONCE)
    done = await asyncio.gather(*(_ask(run, each, asked) for each in due), return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return len(due)


async def _ask(run: Runtime, claimed: Claimed, asked: Counter) -> None:
    """What nobody foresaw is a failure of this provider, with its trace in the log: the others go on."""
    try:
        found = await _answer(run.part(Fetcher), claimed)
    except FetchFailed as error:
        await _keep(run, claimed, error, asked)
    except Exception as error:
        if is_absence(error):
            raise
        _log.error("provider_unforeseen", provider=claimed.provider, exc_info=error)
        await _keep(run, claimed, FetchFailed("unforeseen"), asked)
    else:
        await _keep(run, claimed, found, asked)


async def _answer(fetcher: Fetcher, claimed: Claimed) -> tuple[str | None, list[dict[str, Any]] | None]:
    """ETag and items, if there are others; nothing of one that is only asked whether it is there."""
    usecases.refuse_unagreed(fetcher, claimed)
    if claimed.url is None:
        await fetcher.check(claimed.health or "")
        return None, None
    fetched = await fetcher.fetch(claimed.url, claimed.etag)
    if fetched is None:
        return None, None
    return fetched.etag, await asyncio.to_thread(usecases.read, fetched, claimed.hosts)


async def _keep(run: Runtime, claimed: Claimed, found: usecases.Found, asked: Counter) -> None:
    luck = random.random()  # noqa: S311 - it only spreads questions
    async with run.database.transaction() as session:
        outcome = await usecases.keep(session, claimed, found, luck, now=run.clock.now())
    if isinstance(found, FetchFailed):
        _log.warning("provider_failed", provider=claimed.provider, error=found.code)
    asked.labels(outcome).inc()


BACKGROUND = (ask_providers,)
