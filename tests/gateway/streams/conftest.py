"""The gateway served beside a real broker, and readers of its event streams."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from gateway.streams import usecases
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import Keys, served

KEY = "key_for_tests_of_streams"
PLENTY = {"address_rate": 10_000.0, "address_burst": 10_000, "user_rate": 10_000.0, "user_burst": 10_000}


class EndOfStreamError(Exception):
    """The gateway has closed the stream."""


class Reader:
    """One open stream; `await reader.next()` answers (event, data, id), comments left out."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.retry: int | None = None
        self.last_id = ""
        self.comments = 0
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def read(self) -> None:
        """Until the stream ends; a queue, because httpx ends a stream whose reader stops waiting."""
        try:
            async for line in self.answer.aiter_lines():
                self._lines.put_nowait(line)
        finally:
            self._lines.put_nowait(None)

    async def next(self, seconds: float = 10) -> tuple[str, dict[str, Any], str]:
        """The next event; EndOfStreamError when there is none."""
        event, data = "message", ""
        async with asyncio.timeout(seconds):
            while True:
                line = await self._lines.get()
                if line is None:
                    raise EndOfStreamError
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line and data:
                    return event, json.loads(data), self.last_id
                if name == "":
                    self.comments += bool(line)
                elif name == "event":
                    event = value
                elif name == "data":
                    data = value
                elif name == "id":
                    self.last_id = value
                elif name == "retry":
                    self.retry = int(value)

    async def ended(self, seconds: float = 10) -> bool:
        """Whether nothing more comes."""
        try:
            await self.next(seconds)
        except EndOfStreamError:
            return True
        return False


@pytest.fixture
def make_app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock
) -> Callable[..., Awaitable[FastAPI]]:
    """`await make_app(**settings)`: the whole gateway, with a front end registered."""

    async def make(**more: Any) -> FastAPI:
        made = create_app(settings_for(GatewaySettings, databases.new("gateway"), **PLENTY, **more), clock)
        async with made.state.runtime.database.transaction() as session:
            await clients.register(
                session, code="web", name="Web", key=KEY, rate_per_second=1e4, burst=10_000, now=clock.now()
            )
        return made

    return make


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[AsyncClient]:
    run = app.state.runtime
    async with served(app) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as made:
        async with asyncio.timeout(10):
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)
        yield made


@pytest.fixture
async def app(make_app: Callable[..., Awaitable[FastAPI]], broker: Broker) -> FastAPI:
    return await make_app(nats_url=broker.url(), demo_otp="123456")


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with calling(app) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        yield made


@pytest.fixture
def serve() -> Any:
    """`async with serve(app) as client`: for a test that makes its own app."""
    return calling


@pytest.fixture
def signed_in(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """`signed_in(sub, sid=…, seconds=…, kind=…)`: headers of somebody signed in."""

    def headers(sub: str, *, sid: str = "", seconds: float = 600, kind: str = "citizen") -> dict[str, str]:
        claims = {"aud": "gateway", "kind": kind, "sub": sub, "sid": sid or str(new_id())}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), seconds)}"}

    return headers


@pytest.fixture
def me() -> str:
    return str(new_id())


@pytest.fixture
def listening(client: AsyncClient) -> Any:
    """`async with listening(headers, **query) as reader`."""
    return reader_of(client)


@pytest.fixture
def reader_for() -> Any:
    """`reader_for(client)` is `listening` of another client."""
    return reader_of


def reader_of(client: AsyncClient) -> Any:
    @asynccontextmanager
    async def open_stream(headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Reader]:
        async with client.stream("GET", "/v1/me/stream", headers=headers, params=query, timeout=60) as answer:
            reader = Reader(answer)
            reading = asyncio.create_task(reader.read())
            yield reader
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    return open_stream


@pytest.fixture
def tell(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[None]]:
    """`await tell(citizen, number)`: as the list of requests tells it."""
    return telling(app, clock)


@pytest.fixture
def tell_in(clock: ManualClock) -> Callable[[FastAPI], Callable[..., Awaitable[None]]]:
    """`tell_in(app)` is `tell` in another app."""
    return lambda app: telling(app, clock)


def telling(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[None]]:
    async def told(citizen_id: str, number: str) -> None:
        payload = {
            "number": number,
            "title": {"id": "Jalan rusak", "en": "Broken road"},
            "due_at": "2026-02-05T02:00:00+00:00",
        }
        async with app.state.runtime.database.transaction() as session:
            await usecases.in_order(session)
            await usecases.tell(session, citizen_id, "request_updated", payload, now=clock.now())

    return told
