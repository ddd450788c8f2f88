"""The whole gateway beside a real broker, an administrator, and a system of the city that wants to join."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.clients.queries import codes
from gateway.declarations.usecases import Declarations, Part, Section, Wanted
from gateway.fetching.client import Fetcher
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import Keys, served
from tests.providers.sample import IdCardQueue

KEY = "key_for_tests_of_providers"
PLENTY = {"address_rate": 1e5, "address_burst": 100_000, "user_rate": 1e4, "user_burst": 10_000}
AGREEMENT = {"number": "DEMO/1/2026", "legal_basis": "Perjanjian demo", "ends_on": "2026-12-31"}
NEW = {
    "name": {"id": "Antrean KTP-el (demo)", "en": "ID card queue (demo)"},
    "agency": "disdukcapil",
    "agreement": AGREEMENT,
    "scopes": ["menus", "home", "search", "requests"],
    "hosts": ["example.go.id"],
    "rate_per_second": 200,
    "burst": 2000,
}


class Town:
    """The gateway, as an administrator, residents and providers reach it."""

    def __init__(self, app: FastAPI, http: AsyncClient, url: str, signed_in: Callable[..., Any]) -> None:
        self.app, self.http, self.url, self.signed_in = app, http, url, signed_in
        self.run = app.state.runtime
        self.declared: Declarations = self.run.part(Declarations)
        self.queues: list[IdCardQueue] = []

    async def post(self, path: str, body: dict[str, Any] | None = None, **more: str) -> Response:
        """A write of an administrator."""
        headers = {**self.admin, "Idempotency-Key": str(new_id()), **more}
        return await self.http.post(f"/v1/admin/providers{path}", json=body, headers=headers)

    async def register(self, **more: Any) -> tuple[dict[str, Any], IdCardQueue]:
        """A provider, and the sample system with its key and secret; each has names of its own."""
        code = more.pop("code", f"antrean-{len(self.queues)}")
        menu = more.pop("menu", code)
        answer = await self.post("", {**NEW, "code": code, **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        queue = IdCardQueue(self.url, made["key"], made["signing_secret"], code, menu)
        self.queues.append(queue)
        return made, queue

    async def join(self, url: str | None = None, **more: Any) -> tuple[str, IdCardQueue]:
        """A provider that is registered, and declares itself as soon as the edge knows its key."""
        made, queue = await self.register(**more)
        answer = await until(lambda: queue.join(url), lambda a: a.status_code != 401)
        assert answer.status_code == 200, answer.text
        return made["code"], queue

    @property
    def admin(self) -> dict[str, str]:
        """Headers of an administrator."""
        found: dict[str, str] = self.signed_in("admin-1", kind="staff", roles=["admin"])
        return found

    def section(self, name: str) -> Section | None:
        """The section of that name, as home sees it."""
        return next((each for each in self.declared.sections() if each.name == name), None)

    async def part(self, name: str, language: str = "id") -> Part:
        """Its content now; unavailable while nobody has declared it."""
        section = self.section(name)
        return Part("unavailable") if section is None else section.read(Wanted(language))


async def until(ask: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 10) -> Any:
    """What `ask` answers as soon as it is good."""
    async with asyncio.timeout(seconds):
        while True:
            found = ask()
            found = await found if isinstance(found, Awaitable) else found
            if good(found):
                return found
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def signed_in(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """`signed_in(sub, kind=…, roles=…)`: headers of somebody signed in."""

    def headers(sub: str, *, kind: str = "citizen", **more: Any) -> dict[str, str]:
        claims = {"aud": "gateway", "kind": kind, "sub": sub, "sid": str(new_id()), **more}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers


@pytest.fixture(scope="module")
def open_town(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker, signed_in: Any
) -> Any:
    """`async with open_town(**settings) as town`."""

    @asynccontextmanager
    async def opened(**more: Any) -> AsyncIterator[Town]:
        url = more.pop("database_url", None) or databases.new("gateway")
        values = {"nats_url": broker.url(), "services": "[]", "providers_local": True, **PLENTY, **more}
        app = create_app(settings_for(GatewaySettings, url, **values), clock)
        run = app.state.runtime
        run.parts[Fetcher] = Fetcher(local=True, seconds=0.5)
        async with run.database.transaction() as session:
            if "web" not in await codes(session):
                await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
        async with served(app) as base, AsyncClient(base_url=base, headers={"X-Api-Key": KEY}) as http:
            await until(lambda: run.bus.connected.is_set(), bool)
            await until(lambda: [ask() for ask in run.not_ready], lambda found: not any(found))
            town = Town(app, http, base, signed_in)
            yield town
            await asyncio.gather(*(queue.close() for queue in town.queues))

    return opened


@pytest.fixture(scope="module")
async def town(open_town: Any) -> AsyncIterator[Town]:
    async with open_town() as made:
        yield made
