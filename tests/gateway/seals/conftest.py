"""The gateway served beside a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import nats
import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served


@pytest.fixture
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker, elsewhere: str
) -> FastAPI:
    await purge(broker.url())
    heard = {"nats_url": broker.url(), "services": elsewhere}
    settings = settings_for(GatewaySettings, databases.new("gateway"), **heard)
    return create_app(settings, clock)


async def purge(url: str) -> None:
    """Other tests' seals must not arrive here: the broker is the same for all."""
    connection = await nats.connect(url)
    for stream in await connection.jetstream().streams_info():
        await connection.jetstream().purge_stream(stream.config.name)
    await connection.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with served(app) as url, AsyncClient(base_url=url) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        yield made
