"""The gateway in front of a tiny real service, both on loopback ports, with a database of its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from httpx import AsyncClient

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.protocol import gateway_protocol
from gateway.settings import GatewaySettings
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.clock import ManualClock
from shared.routes import CityRouter, x_city
from shared.schemas import In, Out
from shared.settings import ServiceAddress, Settings
from shared.testing import Keys, free_port, served

KEY = "key_of_the_web_front_end"
router = CityRouter(prefix="/v1/news", tags=["news"])


class Seen(Out):
    """What the service saw of a request."""

    caller: dict[str, Any]
    headers: dict[str, str]
    path: str
    query: str


class Words(In):
    words: str


@router.get("/seen")
async def seen(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> Seen:
    """Tells what arrived."""
    known = {"kind": caller.kind, "sub": caller.sub, "client": caller.client, "device": caller.device}
    return Seen(caller=known, headers=dict(request.headers), path=request.url.path, query=request.url.query)


@router.get("/articles/nearby")
async def nearby(caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """A literal beside a parameter."""
    return "nearby"


@router.get("/articles/{article_id}")
async def article(article_id: str, caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """A parameter beside a literal."""
    return article_id


@router.get("/mine")
async def mine(caller: Annotated[Caller, Allow(Citizen)]) -> str:
    """For citizens."""
    return caller.person


@router.get("/desk")
async def desk(caller: Annotated[Caller, Allow(Staff("editor"))]) -> str:
    """For editors."""
    return caller.person


@router.get("/open", openapi_extra=x_city(key="none"))
async def without_key(caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """Needs no key."""
    return "open"


@router.post("/form", openapi_extra=x_city(key="form:api_key"))
async def by_form(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """The key is a field of the form."""
    async with request.form() as form:
        return f"{caller.client} {form.get('description')}"


@router.post("/words", openapi_extra=x_city(body_limit=100_000))
async def write(words: Words, caller: Annotated[Caller, Allow(Anyone)]) -> int:
    """A small write."""
    return len(words.words)


@router.post("/files", openapi_extra=x_city(body_limit=12_582_912, deadline_ms=20_000))
async def upload(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> dict[str, Any]:
    """Takes a large body as it comes."""
    digest, size = hashlib.sha256(), 0
    async for part in request.stream():
        digest.update(part)
        size += len(part)
    return {"sha256": digest.hexdigest(), "size": size}


@router.get("/slow", openapi_extra=x_city(deadline_ms=300))
async def slow_read(request: Request, ms: int, caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """Answers late; notes whether it was allowed to end."""
    notes = request.app.state.notes
    try:
        await asyncio.sleep(ms / 1_000)
    except asyncio.CancelledError:
        notes.append("cancelled")
        raise
    notes.append("ended")
    return "late"


@router.post("/slow", openapi_extra=x_city(deadline_ms=300))
async def slow_write(request: Request, ms: int, caller: Annotated[Caller, Allow(Anyone)]) -> str:
    """Writes late."""
    request.app.state.notes.append("written")
    await asyncio.sleep(ms / 1_000)
    return "late"


@router.get("/patient", openapi_extra=x_city(deadline_ms=10_000, stream=True))
async def patient(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """A stream of ticks; notes when its reader has gone."""
    request.app.state.notes.append("opened")

    async def ticks() -> AsyncIterator[bytes]:
        try:
            for number in range(1_000):
                yield f"data: {number}\n\n".encode()
                await asyncio.sleep(0.05)
        finally:
            request.app.state.notes.append("closed")

    return StreamingResponse(ticks(), media_type="text/event-stream")


@router.get("/big")
async def big(caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Three mebibytes."""

    async def parts() -> AsyncIterator[bytes]:
        for number in range(48):
            yield bytes([number]) * 65_536

    return StreamingResponse(parts(), media_type="application/octet-stream")


SERVICE = Service(name="svc-news", package="svc_news", title="A service to try", routers=[router])


class Town:
    """A gateway and the services behind it."""

    def __init__(
        self, gateway: FastAPI, news: FastAPI, url: str, client: AsyncClient, news_port: int
    ) -> None:
        self.gateway, self.news, self.url, self.client = gateway, news, url, client
        self.news_port = news_port
        self.run = gateway.state.runtime
        self.gateway_url = self.run.settings.database_url.get_secret_value()

    @property
    def notes(self) -> list[str]:
        """What the service noted since the test began."""
        found: list[str] = self.news.state.notes
        return found

    def metric(self, name: str, **labels: str) -> float:
        """The value of one of the gateway's metrics, 0 if it was never counted."""
        return self.run.metrics.registry.get_sample_value(name, labels) or 0.0


async def ready(app: FastAPI, seconds: float = 10) -> None:
    """Until the gateway knows its keys and asked for the documents."""
    async with asyncio.timeout(seconds):
        while any(ask() for ask in app.state.runtime.not_ready):
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def make_news(settings_for: Callable[..., Settings], databases: Any) -> Callable[..., FastAPI]:
    """The tiny service as an app."""

    def make(clock: ManualClock, service: Service = SERVICE, **settings: Any) -> FastAPI:
        made = build_app(service, settings_for(Settings, databases.new("svc_news"), **settings), clock)
        made.state.notes = []
        return made

    return make


@pytest.fixture(scope="module")
def make_gateway(settings_for: Callable[..., Any], databases: Any) -> Callable[..., FastAPI]:
    """`make_gateway(clock, news_port, **settings)`: in front of svc-news there, and of svc-prices nowhere."""

    def make(clock: ManualClock, news_port: int, **more: Any) -> FastAPI:
        url = more.pop("database_url", None) or databases.new("gateway")
        services = (
            ServiceAddress(
                name="svc-news", url=f"http://127.0.0.1:{news_port}", prefixes=("/v1/news", "/feeds/news")
            ),
            ServiceAddress(
                name="svc-prices", url=f"http://127.0.0.1:{free_port()}", prefixes=("/v1/prices",)
            ),
        )
        values = {"services": services, "documents_seconds": 0.2, "user_burst": 1_000, **more}
        return create_app(settings_for(GatewaySettings, url, **values), clock)

    return make


async def with_key(app: FastAPI, clock: ManualClock, code: str = "web", **more: Any) -> None:
    """Registers a front end."""
    values = {"name": code, "key": KEY, "origins": ["https://app.example.go.id"], **more}
    async with app.state.runtime.database.transaction() as session:
        await clients.register(session, code=code, now=clock.now(), **values)


@pytest.fixture(scope="module")
def open_town(
    make_news: Callable[..., FastAPI], make_gateway: Callable[..., FastAPI], clock: ManualClock
) -> Callable[..., Any]:
    """`async with open_town(**gateway settings) as town:`."""

    @asynccontextmanager
    async def opened(*, client: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[Town]:
        async with AsyncExitStack() as stack:
            news = make_news(clock, **{n: v for n, v in settings.items() if n == "identity_jwks"})
            news_url = await stack.enter_async_context(served(news))
            port = int(news_url.rpartition(":")[2])
            gateway = make_gateway(clock, port, **settings)
            if "database_url" not in settings:
                await with_key(gateway, clock, **(client or {}))
            http = gateway_protocol(gateway.state.runtime)
            url = await stack.enter_async_context(served(gateway, http=http))
            await ready(gateway)
            http_client = AsyncClient(base_url=url, headers={"X-Api-Key": KEY}, timeout=10)
            yield Town(gateway, news, url, await stack.enter_async_context(http_client), port)

    return opened


@pytest.fixture(scope="module")
async def _town(open_town: Callable[..., Any]) -> AsyncIterator[Town]:
    """A gateway in front of one service, with one registered front end; one for all tests of a module."""
    async with open_town() as made:
        yield made


@pytest.fixture
def town(_town: Town) -> Town:
    """The module's town, with nothing noted yet."""
    _town.notes.clear()
    return _town


@pytest.fixture(scope="module")
def signed_in(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of somebody with an access token."""

    def headers(kind: str = "citizen", sub: str = "c1", sid: str = "s1", **more: Any) -> dict[str, str]:
        claims = {"aud": "gateway", "kind": kind, "sub": sub, "sid": sid, **more}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers
