"""For tests of any service: apps in process, transactions rolled back, queries counted, callers signed."""

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import event

from shared.auth import Caller, Signer, claims_of
from shared.db import Database
from shared.serve import IDLE_SECONDS, listen


class Keys:
    """A fresh ES256 key pair in files, as a stack would have it."""

    def __init__(self, folder: Path) -> None:
        key = ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"})
        self.private, self.public = folder / "identity.json", folder / "jwks.json"
        self.private.write_text(json.dumps(key.as_dict(private=True)))
        self.public.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
        self.signer = Signer(self.private)

    def identity(self, caller: Caller, service: str, now: datetime) -> dict[str, str]:
        """The header by which the gateway tells `service` who is calling."""
        claims = {"aud": service, **claims_of(caller)}
        return {"X-Identity": self.signer.sign("identity", claims, now, 60)}


class QueryRecorder:
    """Counts the statements an engine sends, transaction control left out."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __len__(self) -> int:
        return len(self.statements)

    @contextmanager
    def on(self, database: Database) -> Iterator["QueryRecorder"]:
        """Records while open."""
        engine = database.engine.sync_engine

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            self.statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield self
        finally:
            event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[None]:
    """Each transaction inside is a savepoint of one that is rolled back in the end; one request at a time."""
    async with database.engine.connect() as connection:
        outer = await connection.begin()
        database.bind = connection
        try:
            yield
        finally:
            database.bind = database.engine
            await outer.rollback()


@asynccontextmanager
async def in_process(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client that calls the app without a network and without its background work."""
    async with AsyncClient(transport=ASGITransport(app=app.state.front), base_url="http://test") as client:
        yield client


@asynccontextmanager
async def served(
    app: Any, port: int = 0, http: type[asyncio.Protocol] | Literal["auto"] = "auto"
) -> AsyncIterator[str]:
    """The app on a loopback port with its lifespan, in this event loop; yields the base URL."""
    listener = listen("127.0.0.1", port)
    config = uvicorn.Config(
        app.state.front if isinstance(app, FastAPI) else app,
        http=http,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=2,
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        runtime = getattr(getattr(app, "state", None), "runtime", None)
        if runtime is not None:
            runtime.begin_stop()
        server.should_exit = True
        await task


def free_port(together: int = 1) -> int:
    """The first of `together` ports nobody uses now; below those the kernel gives to outgoing connections."""
    while True:
        first = 25_000 + secrets.randbelow(7_000)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + together):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


class _Quiet(uvicorn.Server):
    """Leaves the signals to the test runner."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
