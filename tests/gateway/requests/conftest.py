"""The gateway served beside a real broker, and a service's word about a citizen's request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.contracts.city import RequestUpdatedV1
from shared.events.event import Envelope
from shared.ids import new_id
from shared.testing import Keys, served

KEY = "key_for_tests_of_requests"


@pytest.fixture
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker, elsewhere: str
) -> FastAPI:
    heard = {"nats_url": broker.url(), "services": elsewhere}
    made = create_app(settings_for(GatewaySettings, databases.new("gateway"), **heard), clock)
    async with made.state.runtime.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    run = app.state.runtime
    async with served(app) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as made:
        async with asyncio.timeout(10):
            await run.bus.connected.wait()
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)
        yield made


@pytest.fixture
def citizen(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of somebody signed in."""

    def headers(sub: str) -> dict[str, str]:
        claims = {"aud": "gateway", "kind": "citizen", "sub": sub, "sid": str(new_id())}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers


@pytest.fixture
def me() -> str:
    """A citizen nobody else has heard of: the broker is the same for all tests."""
    return str(new_id())


@pytest.fixture
def publish(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[str]]:
    """`await publish(citizen, entity=…, version=…, publisher=…, **fields)`; answers the event's id."""

    async def send(
        citizen_id: str, *, entity: str, version: int = 1, publisher: str = "laksa", **said: Any
    ) -> str:
        event_id, at = said.pop("event_id", str(new_id())), said.pop("at", clock.now())
        data = {
            "citizen_id": citizen_id,
            "kind": f"{publisher}_report",
            "number": "LKS-7KQ4-DM2P",
            "title": {"id": "Jalan rusak", "en": "Broken road"},
            "state": "received",
            "state_label": {"id": "Diterima", "en": "Received"},
            "next_step": {"id": "Petugas meninjau", "en": "An officer looks at it"},
            "link": f"/v1/laksa/reports/{entity}",
            "closed": False,
            **said,
        }
        event = Envelope(
            id=event_id,
            source=f"//tangerang/svc-{publisher}",
            type=f"{publisher}.{RequestUpdatedV1.name}",
            subject=entity,
            time=at,
            partitionkey=entity,
            entityversion=version,
            data=data,
        )
        body = event.model_dump_json(exclude_none=True).encode()
        await app.state.runtime.bus.jetstream.publish(event.type, body)
        return event_id

    return send
