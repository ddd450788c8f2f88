"""The gateway served beside a real broker, and what services say they have published."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.answers import Answers
from gateway.search import usecases as search
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from shared.events.event import Envelope
from shared.ids import new_id
from shared.testing import served

KEY = "key_for_tests_of_search"
Find = Callable[..., Awaitable[dict[str, Any]]]
Publish = Callable[..., Awaitable[str]]


def document(number: str, title: str, summary: str = "", **more: Any) -> dict[str, Any]:
    """The payload of an event; `more` replaces fields. One that has no kind is an article."""
    return {
        "kind": "news_article",
        "id": number,
        "title": {"id": title, "en": more.pop("english", title)},
        "summary": {"id": summary, "en": summary},
        "url": f"/v1/news/articles/{number}",
        "published_at": "2026-02-01T02:00:00Z",
        **more,
    }


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, broker: Broker, elsewhere: str
) -> FastAPI:
    heard = {"nats_url": broker.url(), "services": elsewhere}
    made = create_app(settings_for(GatewaySettings, databases.new("gateway"), **heard), clock)
    async with made.state.runtime.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
    return made


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    run = app.state.runtime
    async with served(app) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as made:
        async with asyncio.timeout(10):
            await run.bus.connected.wait()
            while any(ask() for ask in run.not_ready):
                await asyncio.sleep(0.02)
        yield made


@pytest.fixture(scope="module")
def find(app: FastAPI, client: AsyncClient) -> Find:
    """`await find(q, **parameters)`: the page as it is now, not as it was shared seconds ago."""

    async def ask(q: str, language: str = "id", **more: Any) -> dict[str, Any]:
        app.state.runtime.part(Answers).purge(["search"])
        answer = await client.get(
            "/v1/search", params={"q": q, **more}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    return ask


@pytest.fixture(scope="module")
def keep(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[None]]:
    """`await keep(*documents, version=1)`: taken in without a broker, as a provider's are."""

    async def put(*documents: dict[str, Any], version: int = 1) -> None:
        async with app.state.runtime.database.transaction() as session:
            for each in documents:
                publisher = each["kind"].rpartition("_")[0]
                said = DocumentPublishedV1.model_validate(each)
                await search.publish(session, publisher, said, version, now=clock.now())

    return put


@pytest.fixture(scope="module")
def tell(app: FastAPI, clock: ManualClock) -> Publish:
    """`await tell(payload, version=…, publisher=…)`: by the broker; a payload without title withdraws."""

    async def send(
        data: dict[str, Any], *, version: int = 1, publisher: str = "news", event_id: str = ""
    ) -> str:
        name = DocumentPublishedV1.name if "title" in data else DocumentWithdrawnV1.name
        event = Envelope(
            id=event_id or str(new_id()),
            source=f"//tangerang/svc-{publisher}",
            type=f"{publisher}.{name}",
            subject=data["id"],
            time=clock.now(),
            partitionkey=data["id"],
            entityversion=version,
            data=data,
        )
        body = event.model_dump_json(exclude_none=True).encode()
        await app.state.runtime.bus.jetstream.publish(event.type, body)
        return event.id

    return send
