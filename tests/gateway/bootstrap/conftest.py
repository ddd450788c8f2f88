"""A gateway of one worker beside a real broker, and somebody at its desk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import Keys, served

KEY = "key_for_tests_of_beginnings"


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker, elsewhere: str
) -> FastAPI:
    more = {"nats_url": broker.url(), "services": elsewhere, "user_burst": 10_000}
    made = create_app(settings_for(GatewaySettings, databases.new("gateway"), **more), clock)
    async with made.state.runtime.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
    return made


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[AsyncClient]:
    run = app.state.runtime
    async with served(app) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as made:
        async with asyncio.timeout(10):
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)
        yield made


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with calling(app) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        yield made


@pytest.fixture(scope="module")
def serve() -> Any:
    """`async with serve(app) as client`."""
    return calling


@pytest.fixture
def staff(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """`staff("admin")`: headers of a member of staff; with an Idempotency-Key of her own."""

    def headers(*roles: str) -> dict[str, str]:
        claims = {"aud": "gateway", "kind": "staff", "sub": "s1", "sid": "x1", "roles": list(roles)}
        token = keys.signer.sign("access", claims, clock.now(), 600)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}

    return headers


@pytest.fixture
def begin(client: AsyncClient) -> Callable[..., Awaitable[dict[str, Any]]]:
    """`await begin("android", "1.9.0", language="en")`: the answer of /v1/bootstrap."""

    async def ask(platform: str = "", version: str = "", language: str = "id") -> dict[str, Any]:
        told = {"X-App-Platform": platform, "X-App-Version": version, "Accept-Language": language}
        answer = await client.get(
            "/v1/bootstrap", headers={name: value for name, value in told.items() if value}
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return ask


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """`await until(read, wanted)`: asks again until the answer is the wanted one; events take a moment."""

    async def wait(read: Callable[[], Awaitable[Any]], wanted: Any) -> None:
        found = None
        try:
            async with asyncio.timeout(10):
                while (found := await read()) != wanted:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            assert found == wanted

    return wait
