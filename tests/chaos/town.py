"""The stack of a kill test: real and durable, in a folder and on ports of its own."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from deploy.local.demo_data import read_demo
from deploy.local.layout import NATS_OFFSET, POSTGRES_OFFSET, Process, Stack
from deploy.local.lifecycle import reset
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from deploy.local.records import end_all
from tests.local.conftest import ROOT, command, environment_of, free_stack


@dataclass(frozen=True)
class Town:
    """A running stack, and the keys to its servers."""

    stack: Stack
    demo: dict[str, Any]

    @property
    def url(self) -> str:
        """The gateway."""
        return self.stack.gateway_url

    @property
    def media(self) -> Path:
        """Where uploaded files lie."""
        return self.stack.folder / "media"

    @property
    def broker(self) -> Broker:
        """For its address and its own health check."""
        return Broker(self.stack.folder / "nats", self.stack.port(NATS_OFFSET))

    @property
    def processes(self) -> list[Process]:
        """The gateway's workers and svc-laksa."""
        return self.stack.processes()

    @asynccontextmanager
    async def database(self, name: str) -> AsyncIterator[AsyncConnection]:
        """A superuser's connection, as an administrator could open one; whatever is not committed is gone."""
        engine = create_async_engine(make_url(self.address(name)).set(drivername="postgresql+asyncpg"))
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def connect(self, database: str) -> asyncpg.Connection:
        """One of the driver's own, for the moment after a kill when there may be none."""
        return await asyncpg.connect(self.address(database), timeout=5)

    def address(self, database: str) -> str:
        """A superuser's URL."""
        cluster = Cluster(self.stack.folder / "postgres", self.stack.port(POSTGRES_OFFSET))
        return cluster.url(database)


@contextmanager
def running_town(folder: Path, workers: int) -> Iterator[Town]:
    """Starts the gateway's workers, svc-laksa and both servers; in the end everything is deleted."""
    stack = replace(free_stack(folder / "run"), gateway_workers=workers, only="laksa")
    try:
        _start(stack)
        yield Town(stack, read_demo(stack.folder))
    finally:
        end_all(stack.folder, seconds=0)  # nothing of it is needed any more: it need not go politely
        reset(stack)


async def in_thread_until(answers: Any, seconds: float) -> bool:
    """Asks a blocking question 20 times a second until it is true; False when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(answers):
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


def _start(stack: Stack) -> None:
    environment = environment_of(stack) | {"GATEWAY_WORKERS": str(stack.gateway_workers), "ONLY": stack.only}
    done = subprocess.run(command("up"), cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the stack did not start:\n{done.stdout}{done.stderr}")
