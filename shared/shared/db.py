"""PostgreSQL: one engine a process, and the only place that says commit."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import DateTime, LargeBinary, Text, Uuid, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from shared import pending
from shared.errors import OutcomeUnknown, Problem, Unavailable

_COMMIT_SECONDS = 5
_GONE = (
    PoolTimeout,
    TimeoutError,
    ConnectionError,
    socket.gaierror,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, for the seconds of a change-over
    asyncpg.OutOfMemoryError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)


#: Python type -> column type, for the `type_annotation_map` of every service's Base.
COLUMN_TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    str: Text(),
    UUID: Uuid(),
    bytes: LargeBinary(),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
}


class Database:
    """Opens transactions; each one is committed before its answer leaves, or not at all."""

    def __init__(self, url: str, publisher: str, *, pool: int = 5, overflow: int = 5) -> None:
        self.publisher = publisher
        self.on_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[dict[str, Any]], Awaitable[None]]] = []
        """Awaited after every commit with what the transaction noted in `session.info`; must not raise."""
        self.engine = _engine(url, publisher, pool_size=pool, max_overflow=overflow, pool_timeout=2)
        self._aside = _engine(url, publisher, poolclass=NullPool)
        self.bind: AsyncEngine | AsyncConnection = self.engine  # a slice test binds one connection instead
        event.listen(self.engine.sync_engine.pool, "checkout", _refuse_closed)

    def session(self) -> AsyncSession:
        """A session that knows who publishes the events written in it."""
        return AsyncSession(
            self.bind,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={"publisher": self.publisher},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session; leaving without an exception commits it and wakes relay, sequencer and timers.

        Raises Unavailable when PostgreSQL is away (nothing kept), OutcomeUnknown when it went during commit.
        """
        async with self.session() as session:
            try:
                yield session
                await session.flush()
                await pending.write(session)
                dirty = session.info.pop(pending.WRITTEN, False)
            except Exception as error:
                problem = translate(error)
                if problem is None:
                    raise
                raise problem from error
            try:
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await session.commit()
            except Exception as error:
                if translate(error) is None:
                    raise
                raise OutcomeUnknown from error
        if dirty:
            for wake in self.on_commit:
                wake()
        for follow in self.after_commit:
            await follow(session.info)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside the request's transaction (advisory locks of the relay and the sequencer)."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def aside(self, timeout_seconds: float = 1.0) -> AsyncIterator[AsyncConnection]:
        """A connection that takes none of the requests': a busy pool must not look like an absent server.

        Raises if the database does not answer in time.
        """
        async with asyncio.timeout(timeout_seconds), self._aside.connect() as connection:
            yield connection

    async def ping(self) -> None:
        """Raises if the database does not answer within a second."""
        async with self.aside() as connection:
            await connection.execute(text("SELECT 1"))

    async def answers(self) -> bool:
        """Whether it does."""
        try:
            await self.ping()
        except Exception as error:
            if translate(error) is None:
                raise
            return False
        return True

    async def close(self) -> None:
        """Closes every pooled connection."""
        await self.engine.dispose()
        await self._aside.dispose()


def _engine(url: str, publisher: str, **pool: Any) -> AsyncEngine:
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        hide_parameters=True,  # an error that is logged must not quote what people wrote
        connect_args={
            "timeout": 3,
            "command_timeout": 30,  # a server that hangs must not hold a connection for ever
            "server_settings": {
                "application_name": publisher,
                "timezone": "UTC",
                "jit": "off",
                # a machine that vanished gives its advisory locks back within half a minute
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
                "idle_in_transaction_session_timeout": "60s",
            },
        },
        **pool,
    )


def translate(error: BaseException) -> Problem | None:
    """`Unavailable` if the error means that PostgreSQL is away, full or overloaded; None if it is ours."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig else None
        return Unavailable() if error.connection_invalidated or _is_gone(cause) else None
    return Unavailable() if _is_gone(error) else None


def _is_gone(error: BaseException | None) -> bool:
    """asyncpg calls a badly typed argument an InterfaceError too: that one is a fault of ours."""
    return isinstance(error, _GONE) and not isinstance(error, ValueError)


def _refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that died with the server is replaced at checkout, without a round trip to ask."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError


async def open_session(request: Request) -> AsyncSession:
    """The transaction that the route class opened for this request."""
    session: AsyncSession = request.state.session
    return session


Db = Annotated[AsyncSession, Depends(open_session)]
