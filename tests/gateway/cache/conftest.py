"""A gateway with a real broker in front of a small service whose answers each test decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, Query, Request, Response
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.answers import Answers
from gateway.edge.cache.kept import KeptAnswers
from gateway.settings import GatewaySettings
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller, Citizen
from shared.clock import ManualClock
from shared.contracts.city import TagsPurgedV1
from shared.errors import NotFound
from shared.events.event import Event
from shared.events.outbox import emit
from shared.replies import reply_bytes
from shared.routes import CityRouter, x_city
from shared.settings import ServiceAddress, Settings
from shared.testing import Keys, free_port, served

KEY = "key_of_a_reader"
PLENTY = {"address_rate": 1e5, "address_burst": 100_000, "user_rate": 1e5, "user_burst": 100_000}
router = CityRouter(prefix="/v1/news", tags=["news"])
NEWS = x_city(tags=["news"])
Guest = Annotated[Caller, Allow(Anyone)]


class Desk:
    """What the service says, and what it was asked."""

    def __init__(self) -> None:
        self.text = "Jalan ditutup. " * 60
        self.headers: dict[str, str] = {}
        self.private = self.gone = False
        self.asked: list[dict[str, str]] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    async def answer(self, request: Request) -> Response:
        """The text, as JSON, after whatever the test wants to happen first."""
        self.asked.append({**request.headers, "target": f"{request.url.path}?{request.url.query}"})
        content = self.text.encode()
        if self.before is not None:
            await self.before()
        language = request.scope["city"].language.encode()
        return reply_bytes(
            request,
            language + b": " + content,
            "text/plain",
            version=3,
            public=not self.private,
            **self.headers,
        )


@router.get("/list", openapi_extra=NEWS)
async def listed(
    request: Request, caller: Guest, limit: int = 20, of: Annotated[list[str] | None, Query()] = None
) -> Response:
    """For everybody alike."""
    return await request.app.state.desk.answer(request)


@router.get("/brief", openapi_extra=x_city(tags=["news"], deadline_ms=300))
async def brief(request: Request, caller: Guest) -> Response:
    """Nobody waits for it for long."""
    return await request.app.state.desk.answer(request)


@router.get("/pages/{ref}", openapi_extra=NEWS)
async def page(request: Request, ref: str, caller: Guest) -> Response:
    """One of many; `none` is none of them."""
    answer = await request.app.state.desk.answer(request)
    if ref == "none" or request.app.state.desk.gone:
        raise NotFound
    return answer


@router.get("/mixed", openapi_extra=NEWS)
async def mixed(
    request: Request,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
    token: Annotated[str | None, Header(alias="X-Way-Back")] = None,
) -> Response:
    """More for whoever is signed in, or has the way back."""
    desk: Desk = request.app.state.desk
    if token is None and caller.kind == "anonymous":
        return await desk.answer(request)
    desk.asked.append(dict(request.headers))
    return reply_bytes(request, f"of {caller.sub} {token}".encode(), "text/plain")


@router.get("/untagged")
async def untagged(request: Request, caller: Guest) -> Response:
    """Nothing would ever purge it."""
    return await request.app.state.desk.answer(request)


OLD = {"since": "2026-01-01", "sunset": "2026-07-01", "successor": "/v1/news/list"}


@router.get("/old", openapi_extra=x_city(tags=["news"], deprecated=OLD))
async def old(request: Request, caller: Guest, limit: int = 20) -> Response:
    """As the list, until it ends."""
    return await request.app.state.desk.answer(request)


@router.post("/old", openapi_extra=x_city(deprecated={"since": "2026-01-01"}))
async def write_old(caller: Guest) -> str:
    """Nobody said yet when it ends, or what comes after it."""
    return "taken"


@router.put("/list")
async def change(request: Request, caller: Guest, if_match: Annotated[str, Header()] = "") -> str:
    """Tells which version it was asked to change."""
    return if_match


SERVICE = Service(name="svc-news", package="svc_news", title="A service to read", routers=[router])


class Town:
    """A gateway and the service behind it."""

    def __init__(self, gateway: FastAPI, news: FastAPI, port: int) -> None:
        self.gateway, self.news, self.port = gateway, news, port
        self.run = gateway.state.runtime
        self.client: AsyncClient
        self.kept: KeptAnswers = self.run.part(KeptAnswers)
        self.answers: Answers = self.run.part(Answers)
        self._service = AsyncExitStack()
        self._told = False
        self.desk = news.state.desk = Desk()

    async def open(self) -> None:
        """The service answers."""
        await self._service.enter_async_context(served(self.news, self.port))

    async def shut(self) -> None:
        """The service is gone."""
        await self._service.aclose()

    def fresh(self) -> Desk:
        """Nothing kept, nothing asked, the service as it begins."""
        self.kept.withdraw("news")
        self.kept.flights.alone.clear()
        self.desk = self.news.state.desk = Desk()
        return self.desk

    async def heard(self) -> None:
        """Until the gateway hears the service, and nothing more is made stale by the beginning of it."""
        await until(lambda: self.metric("city_cache_listening") == 2)

    async def get(self, path: str = "/list", **headers: str) -> Any:
        """A read by somebody who knows no coding."""
        sent = {"Accept-Encoding": "identity", **{n.replace("_", "-"): v for n, v in headers.items()}}
        return await self.client.get(f"/v1/news{path}", headers=sent)

    async def tell(self, *events: Event, of: str = "news") -> None:
        """Events of the service, or of the gateway, as they would send them."""
        app, self._told = (self.news if of == "news" else self.gateway), True
        async with app.state.runtime.database.transaction() as session:
            await emit(session, *events, entity_id="one", entity_version=1, now=self.run.clock.now())

    async def settled(self) -> None:
        """Until whatever a test told has been heard: the next one shall not lose what it keeps by it."""
        if not self._told:
            return
        self._told, heard = False, []
        for publisher, name in ((self.news, "news"), (self.gateway, "gateway")):
            marks = TagsPurgedV1(tags=(f"settled:{name}",))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(self.kept, "purge", heard.extend)
                async with publisher.state.runtime.database.transaction() as session:
                    await emit(session, marks, entity_id="one", entity_version=1, now=self.run.clock.now())
                await until(lambda mark=marks.tags[0]: mark in heard)

    def metric(self, name: str, **labels: str) -> float:
        """The value of one of the gateway's metrics, 0 if it was never counted."""
        return self.run.metrics.registry.get_sample_value(name, labels) or 0.0


async def until(what: Callable[[], Any], seconds: float = 10) -> None:
    """Until it is so."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """This folder's alone: its gateway lasts, and would take in the events of every other module's."""
    server = Broker(tmp_path_factory.mktemp("cache-nats"), free_port(2), durable=False)
    server.prepare()
    server.start()
    yield server
    server.stop()
    server.wipe()


@pytest.fixture(scope="session")
async def _town(
    settings_for: Callable[..., Any], lasting_databases: Any, broker: Broker, clock: ManualClock
) -> AsyncIterator[Town]:
    """One for all tests here: what they leave in it, `town` takes out."""
    port, nats = free_port(), broker.url()
    news = build_app(SERVICE, settings_for(Settings, lasting_databases.new("svc_news"), nats_url=nats), clock)
    there = ServiceAddress(name="svc-news", url=f"http://127.0.0.1:{port}", prefixes=("/v1/news",))
    values = {"services": (there,), "documents_seconds": 1_000, "nats_url": nats, **PLENTY}
    gateway = create_app(settings_for(GatewaySettings, lasting_databases.new("gateway"), **values), clock)
    async with gateway.state.runtime.database.transaction() as session:
        limits = {"rate_per_second": 1e5, "burst": 100_000}
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now(), **limits)
    town = Town(gateway, news, port)
    await town.open()
    async with served(gateway) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as client:
        town.client = client
        await until(lambda: not any(ask() for ask in town.run.not_ready))
        await town.heard()
        yield town
    await town.shut()


@pytest.fixture
async def town(_town: Town) -> AsyncIterator[Town]:
    """The folder's town, with nothing kept yet."""
    _town.fresh()
    yield _town
    await _town.settled()


@pytest.fixture(scope="session")
def signed_in(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of a citizen with an access token."""

    def headers(sub: str) -> dict[str, str]:
        claims = {"aud": "gateway", "kind": "citizen", "sub": sub, "sid": "s1"}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers
