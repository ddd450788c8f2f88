"""The gateway served with a database and a media folder of its own, and photos to send to it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import Keys, served

CANARY = "CANARY-3671"
KEY = {"X-Api-Key": "key_for_tests_of_media"}


def make_photo(
    kind: str = "JPEG",
    size: tuple[int, int] = (60, 40),
    *,
    taken: str | None = "2026:02:01 08:15:30",
    offset: str | None = "+07:00",
    place: tuple[float, float] | None = (-6.1783, 106.6319),
    orientation: int = 1,
    mode: str = "RGB",
) -> bytes:
    """A picture whose left half is red and right half blue, with everything a camera writes beside it."""
    image = Image.new(mode, size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = CANARY, orientation
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    if place:
        exif.get_ifd(0x8825).update(_gps(*place))
    out = io.BytesIO()
    more: dict[str, Any] = {"exif": exif, "icc_profile": CANARY.encode() * 10}
    if kind == "JPEG":
        more |= {"comment": CANARY.encode(), "xmp": f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()}
    if kind == "PNG":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_text("Comment", CANARY)
    image.save(out, kind, **more)
    return out.getvalue()


def _gps(lat: float, lon: float) -> dict[int, Any]:
    def parts(value: float) -> tuple[float, float, float]:
        value = abs(value)
        minutes = value % 1 * 60
        return (int(value), int(minutes), round(minutes % 1 * 60, 4))

    return {1: "S" if lat < 0 else "N", 2: parts(lat), 3: "E" if lon > 0 else "W", 4: parts(lon)}


@pytest.fixture
def photo() -> Callable[..., bytes]:
    """Makes a photo that says CANARY-3671 in each kind of metadata."""
    return make_photo


@pytest.fixture
def media_folder(tmp_path: Path) -> Path:
    return tmp_path / "media files"


@pytest.fixture
def stored(media_folder: Path) -> Callable[[], dict[str, bytes]]:
    """`<prefix>/<folder>/<variant>.jpg` -> content of everything in the store."""

    def read() -> dict[str, bytes]:
        files = [path for path in media_folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(media_folder)): path.read_bytes() for path in files}

    return read


@pytest.fixture
def make_app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, media_folder: Path
) -> Callable[..., FastAPI]:
    """`make_app(**settings)`: the whole gateway."""

    def make(**more: Any) -> FastAPI:
        url = databases.new("gateway")
        settings = settings_for(GatewaySettings, url, media_url=media_folder.as_uri(), **more)
        return create_app(settings, clock)

    return make


@pytest.fixture
def add_key(clock: ManualClock) -> Callable[[FastAPI], Awaitable[None]]:
    """Registers the front end whose key the tests send."""

    async def add(app: FastAPI) -> None:
        async with app.state.runtime.database.transaction() as session:
            await clients.register(session, code="web", name="Web", key=KEY["X-Api-Key"], now=clock.now())

    return add


@pytest.fixture
async def app(make_app: Callable[..., FastAPI], add_key: Callable[[FastAPI], Awaitable[None]]) -> FastAPI:
    made = make_app()
    await add_key(made)
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with served(app) as url, AsyncClient(base_url=url, headers=KEY, timeout=60) as made:
        await ready(app)
        yield made


async def ready(app: FastAPI) -> None:
    """Until the edge knows the keys."""
    async with asyncio.timeout(10):
        while any(ask() for ask in app.state.runtime.not_ready):
            await asyncio.sleep(0.02)


@pytest.fixture
def citizen(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of somebody signed in."""

    def headers(sub: str = "c1") -> dict[str, str]:
        claims = {"aud": "gateway", "kind": "citizen", "sub": sub, "sid": str(new_id())}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers


@pytest.fixture
def nats_url(broker: Broker) -> str:
    return broker.url()
