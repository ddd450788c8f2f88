"""One gateway beside a real broker, readers of its stream of everybody, and the desk of notices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from gateway.streams.everybody.rules import Square
from gateway.streams.everybody.usecases import Crier
from shared.clock import ManualClock
from shared.contracts.city import TagsPurgedV1
from shared.events.outbox import emit
from shared.ids import new_id
from shared.testing import Keys
from tests.gateway.streams.conftest import KEY, PLENTY, Reader, calling


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker
) -> FastAPI:
    more = {"nats_url": broker.url(), **PLENTY}
    made = create_app(settings_for(GatewaySettings, databases.new("gateway"), **more), clock)
    async with made.state.runtime.database.transaction() as session:
        await clients.register(
            session, code="web", name="Web", key=KEY, rate_per_second=1e4, burst=9_999, now=clock.now()
        )
    return made


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with calling(app) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        await asyncio.sleep(1)  # what a start tells by itself is over
        yield made


@pytest.fixture
def hear(client: AsyncClient) -> Any:
    """`async with hear(headers, **query) as reader`: an open stream, without key and person."""

    @asynccontextmanager
    async def hearing(headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Reader]:
        async with (
            AsyncClient(base_url=client.base_url, timeout=60) as guest,
            guest.stream("GET", "/v1/stream", headers=headers, params=query) as answer,
        ):
            reader = Reader(answer)
            reading = asyncio.create_task(reader.read())
            yield reader
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    return hearing


@pytest.fixture
def square(app: FastAPI) -> Square:
    made: Square = app.state.runtime.part(Square)
    return made


@pytest.fixture
def crier(app: FastAPI) -> Crier:
    made: Crier = app.state.runtime.part(Crier)
    return made


@pytest.fixture
def purge(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[None]]:
    """`await purge("menus", …)`: as any slice tells it, through the outbox."""

    async def told(*tags: str) -> None:
        async with app.state.runtime.database.transaction() as session:
            await emit(session, TagsPurgedV1(tags=tags), entity_id="x", entity_version=1, now=clock.now())

    return told


@pytest.fixture
def desk(client: AsyncClient, keys: Keys, clock: ManualClock) -> Callable[..., Awaitable[Any]]:
    """`await desk("POST", path, starts=0, ends=60, **fields)`: an administrator with notices; minutes."""

    async def ask(
        method: str, path: str = "/v1/admin/notices", starts: float = 0, ends: float = 60, **more: Any
    ) -> Any:
        claims = {"aud": "gateway", "kind": "staff", "sub": "s1", "sid": "x1", "roles": ["admin"]}
        token = keys.signer.sign("access", claims, clock.now(), 600)
        moments = {"starts_at": starts, "ends_at": ends}
        times = {name: (clock.now() + timedelta(minutes=at)).isoformat() for name, at in moments.items()}
        said = {"title": {"id": "Banjir", "en": "Flood"}, "text": {"id": "Hindari", "en": "Avoid"}}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
        body = None if method == "DELETE" else {**said, **times, **more}
        answer = await client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer

    return ask
