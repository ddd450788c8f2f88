"""Migrations: the shared plumbing branch and the service's own branch, run by the owner role."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar, cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.tables import APPEND_ONLY

T = TypeVar("T")
_HERE = Path(__file__).parent / "migrations"
_GIVE_WAY = "SET LOCAL lock_timeout = '300ms'"
_LOCK_NOT_AVAILABLE = "55P03"
_TRIES, _PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 120, 0.2, 5.0
_ALONE = text("SELECT pg_try_advisory_lock(825005)")
_INVALID = text(
    "SELECT indexrelid::regclass::text FROM pg_index"
    " WHERE NOT indisvalid AND indexrelid::regclass::text NOT LIKE 'pg_%'"
)


def upgrade(package: str, owner_url: str, runtime_role: str) -> bool:
    """Brings the database to the newest revision and grants the runtime role; False if nothing was to do.

    The service may be running: each revision is a transaction that waits 0.3 s for a lock at most (whoever
    comes after it in the queue waits as long), gives way, and is tried again, for ten minutes.
    """

    def work(connection: Connection) -> bool:
        config = _config(package, connection)
        heads = set(ScriptDirectory.from_config(config).get_heads())
        if set(MigrationContext.configure(connection).get_current_heads()) == heads:
            return False
        connection.rollback()  # alembic begins and ends its transactions itself
        _drop_half_built(connection)
        config.attributes["applied"] = lambda **_: _grant(connection, runtime_role)
        command.upgrade(config, "heads")
        return True

    return asyncio.run(_patiently(owner_url, work))


def grant(owner_url: str, runtime_role: str) -> None:
    """Gives the runtime role its rights on every table, and no more: after a restore, which brings none."""
    asyncio.run(_with_connection(owner_url, lambda connection: _grant(connection, runtime_role)))


def check(package: str, owner_url: str) -> None:
    """Raises alembic's CommandError if a model of the service has no migration."""
    asyncio.run(_with_connection(owner_url, lambda c: command.check(_with_models(package, c))))


def revision(package: str, owner_url: str, message: str, branch: str) -> None:
    """Writes a new revision from the difference between models and database."""

    def work(connection: Connection) -> None:
        config = _with_models(package, connection)
        folder = _HERE / "versions" if branch == "plumbing" else _versions(package)
        head = f"{branch}@head" if any(folder.glob("*.py")) else "base"
        label = None if head != "base" else branch
        command.revision(
            config, message, autogenerate=True, head=head, branch_label=label, version_path=str(folder)
        )

    asyncio.run(_with_connection(owner_url, work))


async def _with_connection(owner_url: str, work: Callable[[Connection], T]) -> T:
    async with _connected(owner_url) as connection, connection.begin():
        return await connection.run_sync(work)


async def _patiently(owner_url: str, work: Callable[[Connection], T]) -> T:
    """One upgrade of a database at a time; polled, as a waiting statement would hold up CONCURRENTLY."""
    async with _connected(owner_url) as connection:
        event.listen(connection.sync_connection, "begin", lambda c: c.exec_driver_sql(_GIVE_WAY))
        gave_way = 0
        while True:
            try:
                if await connection.scalar(_ALONE):
                    await connection.rollback()  # the lock is the session's and stays
                    return await connection.run_sync(work)
            except DBAPIError as error:
                gave_way += 1
                if gave_way > _TRIES or getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                    raise
            await connection.rollback()  # who had to wait goes on, longer from try to try
            await asyncio.sleep(min(_PAUSE_SECONDS * max(gave_way, 1), _LONGEST_PAUSE_SECONDS))


@asynccontextmanager
async def _connected(owner_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(make_url(owner_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def _drop_half_built(connection: Connection) -> None:
    """An index whose CONCURRENTLY broke off stays invalid under its name; it is built anew."""
    with connection.begin():
        for name in connection.execute(_INVALID).scalars().all():
            connection.execute(text(f"DROP INDEX {name}"))


def _config(package: str, connection: Connection) -> Config:
    config = Config(stdout=io.StringIO())  # its "no new operations" is no news
    places = [_HERE / "versions", _versions(package)]
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(p).replace("%", "%%") for p in places))
    config.attributes["connection"] = connection
    return config


def _with_models(package: str, connection: Connection) -> Config:
    """What comparing needs; importing all models takes a second, which an upgrade at start need not pay."""
    config = _config(package, connection)
    config.attributes["metadata"] = _metadata(package)
    return config


def _metadata(package: str) -> MetaData:
    import_module(f"{package}.app")  # imports every model the service uses
    return cast(MetaData, import_module(f"{package}.db").Base.metadata)


def _versions(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"migrate: no package {package!r}; give the import name: svc_ and the short one")
    return Path(spec.submodule_search_locations[0]) / "migrations" / "versions"


def _grant(connection: Connection, role: str) -> None:
    name = connection.dialect.identifier_preparer.quote(role)
    tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
    for table in tables:
        quoted = connection.dialect.identifier_preparer.quote(table)
        rights = {"alembic_version": "SELECT"}.get(table, "SELECT, INSERT, UPDATE, DELETE")
        rights = "SELECT, INSERT" if table in APPEND_ONLY else rights
        connection.execute(text(f"GRANT {rights} ON {quoted} TO {name}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))


def main(arguments: list[str]) -> None:
    """`python -m shared.migrate PACKAGE`, with DATABASE_OWNER_URL and DATABASE_URL in the environment."""
    if len(arguments) != 1:
        raise SystemExit("usage: DATABASE_OWNER_URL=… DATABASE_URL=… python -m shared.migrate PACKAGE")
    role = make_url(os.environ["DATABASE_URL"]).username or ""
    changed = upgrade(arguments[0], os.environ["DATABASE_OWNER_URL"], role)
    sys.stdout.write(f"{arguments[0]}: {'migrated' if changed else 'nothing to do'}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
