"""A gateway in front of small real services that can be stopped, made to hang, and made to lie."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.app import create_app
from gateway.edge.answers import Answers
from gateway.edge.protocol import gateway_protocol
from gateway.settings import GatewaySettings
from shared.clock import ManualClock, stopwatch
from shared.settings import ServiceAddress
from shared.testing import Keys, free_port, served
from tests.gateway.edge.conftest import KEY, ready, with_key

PLENTY = {"address_rate": 100_000.0, "address_burst": 100_000, "user_rate": 10_000.0, "user_burst": 10_000}
NUMBER = {"type": "integer", "minimum": 1}
LIMIT = {"name": "limit", "in": "query", "schema": {**NUMBER, "maximum": 100}}
OPTIONAL = {"anyOf": [{"type": "number"}, {"type": "null"}]}
LAT, LON = ({"name": name, "in": "query", "schema": OPTIONAL} for name in ("lat", "lon"))
NEAR = [{**LAT, "required": True}, {**LON, "required": True}]
RADIUS = {"name": "radius_m", "in": "query", "schema": {**NUMBER, "maximum": 1_500}}
#: What is whole, has status 200 and is no page of objects.
LIES = {
    "garbage": b"<html>no JSON",
    "no items": b'{"rows": []}',
    "wrong shape": b'{"items": [1, "two"]}',
    "huge": b'{"items": [{"text": "%s"}], "next": null}' % (b"x" * 5_000_000),
    "infinite": b'{"items": [{"price": NaN}], "next": null}',
}


class Stand:
    """One small service on HTTP: `offers` are its lists, `mode` how it behaves, `asked` what it was asked."""

    def __init__(self, name: str, *offers: dict[str, Any]) -> None:
        self.name, self.port = name, free_port()
        self.offers = {f"/v1/{name}/{offer.get('path', 'list')}": offer for offer in offers}
        self.mode, self.count, self.wide = "ok", 3, 10
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self._running = AsyncExitStack()

    @property
    def address(self) -> ServiceAddress:
        """As the gateway's settings name it."""
        return ServiceAddress(
            name=f"svc-{self.name}", url=f"http://127.0.0.1:{self.port}", prefixes=(f"/v1/{self.name}",)
        )

    async def open(self) -> None:
        """Begins to answer."""
        await self._running.enter_async_context(served(self, self.port))

    async def stop(self) -> None:
        """No longer there; `open` brings it back."""
        await self._running.aclose()

    async def behave(self, mode: str) -> None:
        """From now on: `ok`, a way to fail, or `stopped`."""
        if "stopped" in (mode, self.mode) and mode != self.mode:
            await (self.stop() if mode == "stopped" else self.open())
        self.mode = mode

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI app."""
        if scope["type"] != "http":
            raise RuntimeError("only http")
        if scope["path"] == "/openapi.json":
            await self._send(send, 200, json.dumps(self.document()).encode())
            return
        headers = {name: value.decode() for name, value in scope["headers"]}
        language = headers.get(b"accept-language", "id")
        self.asked.append((scope["path"], dict(parse_qsl(scope["query_string"].decode())), language))
        await self._answer(send, self.asked[-1])

    def document(self) -> dict[str, Any]:
        """What it says of its routes."""
        return {"openapi": "3.1.0", "info": {"title": self.name, "version": "1"}, "paths": {
            path: {"get": {
                "operationId": path.replace("/", "_"),
                "parameters": offer.get("parameters", [LIMIT]),
                "responses": {"200": {"description": "a page"}},
                "x-city": {"audience": ["public"], "tags": [self.name], **offer["city"]},
            }}
            for path, offer in self.offers.items()
        }}  # fmt: skip

    async def _answer(self, send: Any, asked: tuple[str, dict[str, str], str]) -> None:
        path, query, language = asked
        until = stopwatch() + 5
        while self.mode == "hang" and stopwatch() < until:
            await asyncio.sleep(0.02)
        item = {"of": path, "language": language, "query": query, "text": "x" * self.wide}
        items = [{"id": f"demo-{n}", **item} for n in range(min(self.count, int(query.get("limit", 20))))]
        body = LIES.get(self.mode) or json.dumps({"items": items, "next": None}).encode()
        await self._send(send, 500 if self.mode == "error" else 200, body)

    async def _send(self, send: Any, status: int, body: bytes) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"public, no-cache"),
            (b"vary", b"Accept-Language"),
            (b"etag", b'"0.%08x"' % (hash(body) & 0xFFFFFFFF)),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def offer(section: str, order: int, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A list that stands on home."""
    city = {
        "home": {"section": section, "order": order, **more.pop("home", {})},
        "menu": more.pop("menu", section),
    }
    return {"parameters": [LIMIT, *parameters], "city": {**city, **more.pop("city", {})}, **more}


class Town:
    """The gateway, the services behind it and whoever asks."""

    def __init__(self, run: Any, http: AsyncClient, stands: dict[str, Stand]) -> None:
        self.run, self.http, self.stands = run, http, stands
        self.modes: dict[str, str] = {}
        self.good: dict[str, str] = {}

    async def home(self, query: str = "", **headers: str) -> Response:
        """The answer; 200 or the test fails."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.get(f"/v1/home{query}", headers=named)
        assert answer.status_code == 200, answer.text
        return answer

    async def sections(self, query: str = "", **headers: str) -> dict[str, dict[str, Any]]:
        """The sections by name, in their order."""
        return {s["name"]: s for s in (await self.home(query, **headers)).json()["sections"]}

    async def reread(self, *tags: str) -> None:
        """What is kept of these tags is of no use any more; home looks again after a tenth of a second."""
        self.run.part(Answers).purge(tags)
        await asyncio.sleep(0.12)

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """While open, whoever needs PostgreSQL gets none: the port is nobody's."""
        database = self.run.database
        away = create_async_engine(database.engine.url.set(host="127.0.0.1", port=1))
        database.bind = away
        try:
            yield
        finally:
            database.bind = database.engine

    def counted(self, section: str, state: str) -> float:
        """How often home got a section so."""
        labels = {"section": section, "state": state}
        return self.run.metrics.registry.get_sample_value("city_home_parts_total", labels) or 0.0

    async def until(self, true: Callable[[dict[str, dict[str, Any]]], bool], seconds: float = 10) -> Any:
        """Asks until it is as it should be; the sections then."""
        async with asyncio.timeout(seconds):
            while not true(found := await self.sections()):
                await asyncio.sleep(0.05)
        return found


def fresh_stands() -> list[Stand]:
    """Three services with five lists, four sections."""
    return [
        Stand("prices", offer("prices", 30)),
        Stand("news", offer("news", 50), offer("events", 80, path="agenda")),
        Stand(
            "laksa",
            offer("reports", 20, path="all", menu="all-reports"),
            offer("reports", 20, *NEAR, RADIUS, path="near"),
        ),
    ]


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def open_town(settings_for: Callable[..., Any], databases: Any, clock: ManualClock) -> Callable[..., Any]:
    """`await open_town(stack, *stands, **settings)`: all of them on real HTTP."""

    async def opened(stack: AsyncExitStack, *stands: Stand, **more: Any) -> Town:
        for stand in stands:
            await stand.open()
            stack.push_async_callback(stand.stop)
        services = tuple(stand.address for stand in stands)
        values = {"services": services, "documents_seconds": 0.1, **PLENTY, **more}
        app = create_app(settings_for(GatewaySettings, databases.new("gateway"), **values), clock)
        await with_key(app, clock)
        url = await stack.enter_async_context(served(app, http=gateway_protocol(app.state.runtime)))
        await ready(app)
        http = await stack.enter_async_context(
            AsyncClient(base_url=url, headers={"X-Api-Key": KEY}, timeout=10)
        )
        return Town(app.state.runtime, http, {stand.name: stand for stand in stands})

    return opened


@pytest.fixture(scope="module")
async def _town(open_town: Callable[..., Awaitable[Town]]) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        yield await open_town(stack, *fresh_stands())


@pytest.fixture
async def town(_town: Town) -> Town:
    """The module's town, everybody well and nothing asked yet."""
    for stand in _town.stands.values():
        await stand.behave("ok")
        stand.count, stand.wide = 3, 10
    await _town.reread(*_town.stands)
    await _town.until(lambda found: all(s["status"] == "ok" for s in found.values()))
    for stand in _town.stands.values():
        stand.asked.clear()
    return _town


@pytest.fixture(scope="module")
def signed_in(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """Headers of somebody with an access token."""

    def headers(sub: str, kind: str = "citizen") -> dict[str, str]:
        claims = {"aud": "gateway", "kind": kind, "sub": sub, "sid": f"s-{sub}"}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers
