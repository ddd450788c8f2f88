"""Views of all databases that fit together, taken while everything runs.

Nobody takes in events while they are taken (some milliseconds: the inbox tables are locked), and the gateway
is seen last. So no service knows of an event that its sender does not have; the gateway keeps no seal and no
request that is ahead of its owner; and what reports refer to, residents and photos, is there.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import asyncpg
from sqlalchemy.engine import make_url

from deploy.local.errors import StackError

_TRIES = 5


@dataclass(frozen=True)
class Cut:
    """By service: the exported snapshot and the newest revisions; `seconds` is how long events waited."""

    snapshots: Mapping[str, str]
    revisions: Mapping[str, list[str]]
    made_at: datetime
    seconds: float


@asynccontextmanager
async def consistent_cut(urls: Mapping[str, str]) -> AsyncIterator[Cut]:
    """`urls` are the owners', by service, the gateway's last; the snapshots are good while this is open."""
    async with AsyncExitStack() as stack:
        try:
            guards = [await connected(stack, url) for url in urls.values()]
            views = {name: await connected(stack, url) for name, url in urls.items()}
            yield await _tried(guards, views)
        except (OSError, asyncpg.PostgresError) as error:
            raise StackError(f"the databases cannot be read ({error}); is the stack up? make up") from error


async def _tried(guards: list[asyncpg.Connection], views: dict[str, asyncpg.Connection]) -> Cut:
    for left in reversed(range(_TRIES)):
        began = monotonic()
        try:
            for guard in guards:
                await guard.execute("BEGIN; SET LOCAL lock_timeout = '2s'; LOCK TABLE inbox IN SHARE MODE")
            snapshots = {name: await _exported(view) for name, view in views.items()}
            seconds = monotonic() - began
            made_at = datetime.now(UTC)
        except asyncpg.LockNotAvailableError:
            if not left:
                raise
            continue
        finally:
            for guard in guards:
                await guard.execute("ROLLBACK")
        revisions = {name: await _revisions(view) for name, view in views.items()}
        return Cut(snapshots, revisions, made_at, seconds)
    raise AssertionError("the last try answers or raises")


async def connected(stack: AsyncExitStack, url: str) -> asyncpg.Connection:
    """A connection that ends with `stack` and may be idle for hours in between."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection: asyncpg.Connection = await asyncpg.connect(
        plain, timeout=10, server_settings={"idle_in_transaction_session_timeout": "0"}
    )
    stack.push_async_callback(connection.close)
    return connection


async def _exported(view: asyncpg.Connection) -> str:
    await view.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    snapshot: str = await view.fetchval("SELECT pg_export_snapshot()")
    return snapshot


async def _revisions(view: asyncpg.Connection) -> list[str]:
    rows = await view.fetch("SELECT version_num FROM alembic_version ORDER BY 1")
    return [row[0] for row in rows]
