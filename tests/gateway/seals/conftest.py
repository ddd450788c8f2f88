"""The gateway served beside a real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import nats
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from nats.js.errors import NotFoundError

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.events.bus import STREAMS
from shared.testing import served


@pytest.fixture
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker
) -> FastAPI:
    await purge(broker.url())
    settings = settings_for(GatewaySettings, databases.new("gateway"), nats_url=broker.url())
    return create_app(settings, clock)


async def purge(url: str) -> None:
    """Other tests' seals must not arrive here: the broker is the same for all."""
    connection = await nats.connect(url)
    for stream in STREAMS:
        with contextlib.suppress(NotFoundError):
            await connection.jetstream().purge_stream(stream)
    await connection.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with served(app) as url, AsyncClient(base_url=url) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        yield made
