"""Two workers of a gateway beside a real broker, in front of a tiny service that serves menus."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Response
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.routes import CityRouter, x_city
from shared.settings import ServiceAddress, Settings
from shared.testing import Keys, free_port, served

KEY = "key_for_tests_of_menus"
router = CityRouter(prefix="/v1/news", tags=["news"])


@router.get("/articles", openapi_extra=x_city(tags=["news"], menu="city-news"))
async def articles(caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """What the menu of the city's list leads to."""
    return Response(json.dumps({"items": []}), media_type="application/json")


NEWS = Service(name="svc-news", package="svc_news", title="News", routers=[router])


class Town:
    """Two workers and the service behind them, which may be stopped and started."""

    make_worker: Callable[[], FastAPI]

    def __init__(self, workers: list[FastAPI], clients: list[AsyncClient], make_news: Any, port: int) -> None:
        self.workers, self.clients = workers, clients
        self._make_news, self._port = make_news, port
        self._stack = AsyncExitStack()

    async def start(self, app: Any = None) -> None:
        """The service answers, or something else in its place does."""
        await self._stack.enter_async_context(served(app or self._make_news(), port=self._port))

    async def stop(self) -> None:
        """Nobody answers any more."""
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def menus(self, worker: int = 0, **headers: str) -> dict[str, dict[str, Any]]:
        """All menus by id; `platform`, `version`, `language`."""
        names = {"platform": "X-App-Platform", "version": "X-App-Version", "language": "Accept-Language"}
        sent = {names[name]: value for name, value in headers.items()}
        answer = await self.clients[worker].get("/v1/menus", headers=sent)
        assert answer.status_code == 200, answer.text
        return {menu["id"]: menu for service in answer.json()["services"] for menu in service["menus"]}

    async def until(self, menu: str, wanted: str, worker: int = 0, **headers: str) -> dict[str, Any]:
        """Asks until the menu has this state, or leads there; events and polls take a moment."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(10):
            while wanted not in (found.get("state"), found.get("link")):
                await asyncio.sleep(0.03)
                found = (await self.menus(worker, **headers)).get(menu, {})
        return found


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def town(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker
) -> AsyncIterator[Town]:
    port, url = free_port(), databases.new("gateway")
    news_url = databases.new("svc_news")
    news = ServiceAddress(name="svc-news", url=f"http://127.0.0.1:{port}", prefixes=("/v1/news",))
    jobs = ServiceAddress(name="svc-jobs", url=f"http://127.0.0.1:{free_port()}", prefixes=("/v1/jobs",))
    more = {"nats_url": broker.url(), "services": (news, jobs), "documents_seconds": 0.2, "user_burst": 9_999}

    def make_worker() -> FastAPI:
        return create_app(settings_for(GatewaySettings, url, **more), clock)

    workers = [make_worker(), make_worker()]
    async with workers[0].state.runtime.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, burst=10_000, now=clock.now())

    def make_news() -> FastAPI:
        return build_app(NEWS, settings_for(Settings, news_url), clock)

    async with AsyncExitStack() as stack:
        callers = []
        for worker in workers:
            where = await stack.enter_async_context(served(worker))
            caller = AsyncClient(base_url=where, headers={"X-Api-Key": KEY}, timeout=10)
            callers.append(await stack.enter_async_context(caller))
        made = Town(workers, callers, make_news, port)
        made.make_worker = make_worker
        await made.start()
        await _ready(workers)
        yield made
        await made.stop()


async def _ready(workers: list[FastAPI]) -> None:
    async with asyncio.timeout(10):
        for worker in workers:
            run = worker.state.runtime
            await run.bus.connected.wait()
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def staff(keys: Keys, clock: ManualClock) -> Callable[..., dict[str, str]]:
    """`staff("admin")`: headers of a member of staff."""

    def headers(*roles: str, kind: str = "staff") -> dict[str, str]:
        claims = {"aud": "gateway", "kind": kind, "sub": "s1", "sid": str(new_id()), "roles": list(roles)}
        return {"Authorization": f"Bearer {keys.signer.sign('access', claims, clock.now(), 600)}"}

    return headers


@pytest.fixture
async def switch(town: Town, staff: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """`await switch("city-news", state="off", …)`; whatever was switched is taken back afterwards."""
    made: list[str] = []

    async def put(menu: str, code: str = "test", headers: dict[str, str] | None = None, **body: Any) -> Any:
        path = f"/v1/admin/menus/{menu}/switches/{code}"
        made.append(path)
        return await town.clients[0].put(path, json=body, headers=staff("admin") | (headers or {}))

    yield put
    for path in dict.fromkeys(made):
        await town.clients[0].delete(path, headers=staff("admin"))
