"""Front ends: registered, rotated with overlap, disabled everywhere within a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import queries, rules, usecases
from gateway.clients.models import Client
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served

PATH = "/v1/bootstrap-is-later"


@pytest.fixture
def make(settings_for: Callable[..., Any], databases: Any, clock: ManualClock) -> Callable[..., FastAPI]:
    url = databases.new("gateway")
    return lambda **more: create_app(settings_for(GatewaySettings, url, **more), clock)


@pytest.fixture
async def app(make: Callable[..., FastAPI]) -> AsyncIterator[FastAPI]:
    """A gateway that is not served: use cases on its database."""
    made = make()
    yield made
    await made.state.runtime.database.close()


async def register(app: FastAPI, clock: ManualClock, code: str = "web", **more: Any) -> str:
    async with app.state.runtime.database.transaction() as session:
        return await usecases.register(session, code=code, name="Web", now=clock.now(), **more)


async def test_only_the_hash_of_a_key_is_kept(app: FastAPI, clock: ManualClock) -> None:
    key = await register(app, clock, origins=["https://Example.go.id/"])
    assert key.startswith(rules.PREFIX)
    assert len(key) > 40
    async with app.state.runtime.database.transaction() as session:
        row = (await session.execute(select(Client))).scalar_one()
        assert row.key_hash == rules.key_hash(key.encode())
        assert row.origins == ["https://example.go.id"]
        dump = str((await session.execute(text("SELECT * FROM clients"))).all())
        dump += str((await session.execute(text("SELECT * FROM outbox"))).all())
    assert key not in dump


async def test_a_code_is_registered_once(app: FastAPI, clock: ManualClock) -> None:
    await register(app, clock)
    with pytest.raises(usecases.ClientExists):
        await register(app, clock)


@pytest.mark.parametrize(
    "origin", ["example.go.id", "https://x/y", "ftp://x", "javascript:alert(1)", "https://"]
)
async def test_an_origin_is_scheme_and_host(app: FastAPI, clock: ManualClock, origin: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        await register(app, clock, origins=[origin])


async def test_each_change_is_an_event_with_a_rising_version(app: FastAPI, clock: ManualClock) -> None:
    await register(app, clock)
    async with app.state.runtime.database.transaction() as session:
        await usecases.rotate(session, code="web", now=clock.now())
    async with app.state.runtime.database.transaction() as session:
        await usecases.disable(session, code="web", now=clock.now())
    async with app.state.runtime.database.transaction() as session:
        rows = await session.execute(text("SELECT type, entity_version FROM outbox ORDER BY id"))
        assert [tuple(r) for r in rows] == [("gateway.client_changed.v1", n) for n in (1, 2, 3)]
        assert await queries.all_active(session) == []
        assert await queries.codes(session) == {"web"}


async def status(url: str, key: str, path: str = "/v1/me") -> tuple[int, str]:
    async with AsyncClient(base_url=url, headers={"X-Api-Key": key}) as client:
        answer = await client.get(path)
        return answer.status_code, answer.json().get("code", "")


async def becomes(url: str, key: str, code: str, seconds: float) -> float:
    """How long it took until the gateway at `url` answers the key with `code`."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while (await status(url, key))[1] != code:
            await asyncio.sleep(0.01)
    return time.monotonic() - started


async def ready(app: FastAPI) -> None:
    async with asyncio.timeout(10):
        while any(ask() for ask in app.state.runtime.not_ready):
            await asyncio.sleep(0.02)


async def test_every_worker_knows_a_new_key_and_forgets_a_disabled_one_within_a_second(
    make: Callable[..., FastAPI], broker: Broker, clock: ManualClock
) -> None:
    async with AsyncExitStack() as stack:
        apps = [make(nats_url=broker.url()) for _ in range(2)]
        urls = [await stack.enter_async_context(served(app)) for app in apps]
        for app in apps:
            await ready(app)
            async with asyncio.timeout(10):
                await app.state.runtime.bus.connected.wait()
        await asyncio.sleep(0.3)
        key = await register(apps[0], clock)
        assert max([await becomes(url, key, "unauthenticated", 3) for url in urls]) < 1
        async with apps[0].state.runtime.database.transaction() as session:
            await usecases.disable(session, code="web", now=clock.now())
        assert max([await becomes(url, key, "client_unknown", 3) for url in urls]) < 1


async def test_without_a_broker_changes_arrive_within_five_seconds(
    make: Callable[..., FastAPI], clock: ManualClock
) -> None:
    app = make()
    async with served(app) as url:
        await ready(app)
        key = await register(app, clock)
        assert await becomes(url, key, "unauthenticated", 8) < 6.5


async def test_a_rotated_key_stays_good_for_its_overlap(
    make: Callable[..., FastAPI], clock: ManualClock
) -> None:
    app = make()
    old = await register(app, clock)
    async with app.state.runtime.database.transaction() as session:
        new, _, _ = await usecases.rotate(session, code="web", now=clock.now(), overlap=timedelta(days=1))
    async with served(app) as url:
        await ready(app)
        assert [(await status(url, key))[1] for key in (old, new)] == ["unauthenticated"] * 2
        clock.advance(timedelta(days=1))
        assert [(await status(url, key))[1] for key in (old, new)] == ["client_unknown", "unauthenticated"]
