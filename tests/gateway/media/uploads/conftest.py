"""One gateway a module in place of one a test: each test sends from a device of its own."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from PIL import Image

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served
from tests.gateway.media.uploads.tus import GUEST, TUS

KEY = {"X-Api-Key": "key_for_tests_of_media"}


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads") / "media files"


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, media_folder: Path
) -> FastAPI:
    settings = settings_for(GatewaySettings, databases.new("gateway"), media_url=media_folder.as_uri())
    made = create_app(settings, clock)
    async with made.state.runtime.database.transaction() as session:
        front_end = {"code": "web", "name": "Web", "origins": ["https://app.example.go.id"]}
        await clients.register(session, key=KEY["X-Api-Key"], now=clock.now(), **front_end)
    return made


@pytest.fixture(scope="module")
async def _client(app: FastAPI, ready: Callable[[FastAPI], Awaitable[None]]) -> AsyncIterator[AsyncClient]:
    async with served(app) as url, AsyncClient(base_url=url, headers=KEY, timeout=60) as made:
        await ready(app)
        yield made


@pytest.fixture
def client(_client: AsyncClient) -> AsyncClient:
    """With the front end's key; whatever a test changes in its headers is undone."""
    _client.headers.update(KEY)
    return _client


@pytest.fixture(scope="module")
def ready() -> Callable[[FastAPI], Awaitable[None]]:
    """Waits until an app's edge knows the keys."""

    async def wait(app: FastAPI) -> None:
        async with asyncio.timeout(20):
            while any(ask() for ask in app.state.runtime.not_ready):
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def guest() -> dict[str, str]:
    """The headers of a guest whom nobody has seen before."""
    return {"X-Device-Id": f"device-{uuid4().hex}"}


@pytest.fixture(scope="session")
def large() -> bytes:
    """A PNG of noise, some 560 KiB: three pieces."""
    out = io.BytesIO()
    Image.effect_noise((800, 740), 90).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def _somebody_new(guest: dict[str, str]) -> None:
    GUEST.update({**TUS, **guest})
