"""Cleaning up beside the requests: files that belong to nothing, and files that no row knows."""

from datetime import datetime, timedelta
from itertools import cycle

from gateway.media import queries, usecases
from gateway.media.client import PREFIXES, MediaStore
from gateway.media.uploads import queries as under_way
from gateway.media.uploads import usecases as uploads
from shared.clock import SystemClock
from shared.forever import forever
from shared.runtime import Runtime

_EVERY_SECONDS = 300  # one of 256 prefixes each time: the whole store in some 21 hours
_SETTLED_SECONDS = 3_600
ORPHAN_AFTER = timedelta(hours=24)


async def clean_media(run: Runtime) -> None:
    """For ever."""
    prefixes = cycle(PREFIXES)

    async def again() -> None:
        await clean(run, next(prefixes), SystemClock().now())

    await forever("media_cleaned", again, _EVERY_SECONDS)


async def clean(
    run: Runtime, prefix: str, store_now: datetime, settled_seconds: float = _SETTLED_SECONDS
) -> None:
    """Once. Until the broker has been there for an hour, the news that a file is needed may be waiting."""
    if run.bus.up_seconds > settled_seconds:
        await remove_unattached(run)
    await run.forget(uploads.forget_expired)
    await remove_orphans(run, prefix, store_now)


async def remove_unattached(run: Runtime) -> int:
    """Rows first, files after the commit: what a crash leaves behind is an orphan. Answers how many went."""
    went, full = 0, True
    while full:
        async with run.database.transaction() as session:
            folders = await usecases.forget_unattached(session, now=run.clock.now())
        for folder in folders:
            await run.part(MediaStore).remove(folder)
        went, full = went + len(folders), len(folders) == usecases.FORGOTTEN_AT_ONCE
    return went


async def remove_orphans(run: Runtime, prefix: str, store_now: datetime) -> int:
    """Removes folders older than a day that no row knows; `store_now` is on the store's clock."""
    store: MediaStore = run.part(MediaStore)
    found = await store.folders(prefix)
    old = [folder for folder, written in found.items() if written < store_now - ORPHAN_AFTER]
    async with run.database.transaction() as session:
        known = await queries.known_folders(session, old)
        known |= await under_way.known_folders(session, old)
    orphans = [folder for folder in old if folder not in known]
    for folder in orphans:
        await store.remove(folder)
    return len(orphans)


BACKGROUND = (clean_media,)
