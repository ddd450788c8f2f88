"""The merged document over HTTP, kept over restarts, and the pages for people."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from gateway.app import create_app
from gateway.documents.models import ServiceDocument
from gateway.settings import GatewaySettings
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller
from shared.clock import ManualClock
from shared.routes import CityRouter, Deprecated
from shared.schemas import Out
from shared.settings import ServiceAddress, Settings
from shared.testing import free_port, served


class Article(Out):
    title: str


def router(path: str) -> CityRouter:
    made = CityRouter(tags=["news"])

    @made.get(path)
    async def read(caller: Annotated[Caller, Allow(Anyone)]) -> Article:
        """One article."""
        return Article(title="x")

    return made


@pytest.fixture
def news(
    settings_for: Callable[..., Settings], databases: Any, clock: ManualClock
) -> Callable[[str], FastAPI]:
    """svc-news with one route."""
    url = databases.new("svc_news")

    def make(path: str) -> FastAPI:
        service = Service(name="svc-news", package="svc_news", title="News", routers=[router(path)])
        return build_app(service, settings_for(Settings, url), clock)

    return make


@pytest.fixture
def gateway(settings_for: Callable[..., Any], databases: Any, clock: ManualClock) -> Callable[[int], Any]:
    """The gateway in front of svc-news at a port; the same database each time."""
    url = databases.new("gateway")

    @asynccontextmanager
    async def opened(port: int) -> AsyncIterator[tuple[FastAPI, AsyncClient]]:
        address = ServiceAddress(name="svc-news", url=f"http://127.0.0.1:{port}", prefixes=("/v1/news",))
        settings = settings_for(GatewaySettings, url, services=[address], documents_seconds=0.1)
        app = create_app(settings, clock)
        async with served(app) as base, AsyncClient(base_url=base) as client:
            async with asyncio.timeout(10):
                while any(ask() for ask in app.state.runtime.not_ready):
                    await asyncio.sleep(0.02)
            yield app, client

    return opened


async def until(ask: Callable[[], Any], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not await ask():
            await asyncio.sleep(0.05)


async def stored(app: FastAPI) -> ServiceDocument | None:
    async with app.state.runtime.database.transaction() as session:
        found: ServiceDocument | None = await session.get(ServiceDocument, "svc-news")
        return found


async def test_a_route_a_service_adds_is_served_and_described_without_a_change_here(
    news: Callable[[str], FastAPI], gateway: Callable[[int], Any]
) -> None:
    port = free_port()
    async with gateway(port) as (_, client):
        assert "/v1/news/old" not in (await client.get("/openapi.json")).json()["paths"]
        for path in ("/v1/news/old", "/v1/news/new"):
            async with served(news(path), port):

                async def listed(path: str = path) -> bool:
                    return path in (await client.get("/openapi.json")).json()["paths"]

                await until(listed)
        document = (await client.get("/openapi.json")).json()
        assert "/v1/news/old" not in document["paths"]
        assert "News.Article" in document["components"]["schemas"]
        operation = document["paths"]["/v1/news/new"]["get"]
        assert operation["operationId"].startswith("news_")
        assert operation["x-city"]["audience"] == ["public"]


async def test_the_document_has_an_etag_and_304(gateway: Callable[[int], Any]) -> None:
    async with gateway(free_port()) as (_, client):
        answer = await client.get("/openapi.json")
        tag = answer.headers["etag"]
        again = await client.get("/openapi.json", headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_a_refused_document_is_kept_with_its_reason_and_the_old_routes_go_on(
    news: Callable[[str], FastAPI], gateway: Callable[[int], Any]
) -> None:
    port = free_port()
    async with gateway(port) as (app, client):
        async with served(news("/v1/news/good"), port):

            async def accepted() -> bool:
                row = await stored(app)
                return row is not None and row.accepted_at is not None

            await until(accepted)
        async with served(news("/v1/laksa/stolen"), port):

            async def refused() -> bool:
                row = await stored(app)
                return row is not None and row.refused_reason is not None

            await until(refused)
            row = await stored(app)
            assert row is not None
            assert row.refused_reason == "/v1/laksa/stolen lies outside /v1/news"
            assert "/v1/news/good" in (await client.get("/openapi.json")).json()["paths"]
            assert (await client.get("/v1/laksa/stolen")).status_code == 404
            ready = (await client.get("/health/ready")).json()
            assert "svc-news: document refused: /v1/laksa/stolen lies outside /v1/news" in ready["reasons"]
        async with served(news("/v1/news/better"), port):

            async def healed() -> bool:
                row = await stored(app)
                return row is not None and row.refused_reason is None

            await until(healed)


async def test_a_restarted_gateway_knows_the_routes_of_a_service_that_is_down(
    news: Callable[[str], FastAPI], gateway: Callable[[int], Any]
) -> None:
    port = free_port()
    async with served(news("/v1/news/kept"), port), gateway(port) as (app, _):

        async def accepted() -> bool:
            return await stored(app) is not None

        await until(accepted)
    async with gateway(port) as (_, client):
        assert "/v1/news/kept" in (await client.get("/openapi.json")).json()["paths"]


async def test_the_pages_for_people_fetch_nothing_from_elsewhere_and_run_no_foreign_script(
    gateway: Callable[[int], Any],
) -> None:
    async with gateway(free_port()) as (_, client):
        for path in ("/docs", "/docs/errors"):
            page = await client.get(path)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert re.search(r"(src|href)=\"(?!/|#)", page.text) is None
            assert "on" + "click" not in page.text
            assert re.search(r"\sstyle=", page.text) is None
        errors = (await client.get("/docs/errors")).text
        for code in ("client_unknown", "outcome_unknown", "not_found"):
            assert f'id="{code}"' in errors
        assert "Front end" in errors or "front end" in errors


async def test_the_page_for_people_says_what_a_deprecated_operation_declares(
    gateway: Callable[[int], Any],
) -> None:
    async with gateway(free_port()) as (_, client):
        page = (await client.get("/docs")).text
    assert f"retirement({{ {', '.join(Deprecated.model_fields)} }})" in page


async def test_two_services_may_not_share_a_prefix(
    settings_for: Callable[..., Any], databases: Any, clock: ManualClock
) -> None:
    twice = [ServiceAddress(name=f"svc-{n}", url="http://x", prefixes=("/v1/news",)) for n in ("a", "b")]
    with pytest.raises(ValueError, match="/v1/news"):
        create_app(settings_for(GatewaySettings, databases.new("gateway"), services=twice), clock)
