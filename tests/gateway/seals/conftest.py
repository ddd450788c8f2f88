"""The gateway served beside a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served


@pytest.fixture
def app(databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker) -> FastAPI:
    settings = settings_for(GatewaySettings, databases.new("gateway"), nats_url=broker.url())
    return create_app(settings, clock)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with served(app) as url, AsyncClient(base_url=url) as made:
        await asyncio.wait_for(app.state.runtime.bus.connected.wait(), 10)
        yield made
