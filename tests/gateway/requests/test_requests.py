"""My requests: one list over all services, kept by their events."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select

from gateway.streams.models import FeedRow
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import QueryRecorder

Publish = Callable[..., Awaitable[str]]
Citizen = Callable[..., dict[str, str]]


@pytest.fixture
def mine(client: AsyncClient, citizen: Citizen, me: str) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """`await mine(until, **query)`: my requests, as soon as the condition holds."""

    async def ask(until: Callable[[list[Any]], bool], **query: Any) -> list[dict[str, Any]]:
        async with asyncio.timeout(10):
            while True:
                items: list[Any] = (
                    await client.get("/v1/me/requests", params=query, headers=citizen(me))
                ).json()["items"]
                if until(items):
                    return items
                await asyncio.sleep(0.03)

    return ask


async def feed_rows(app: FastAPI, citizen_id: str) -> int:
    async with app.state.runtime.database.transaction() as session:
        wanted = select(func.count()).select_from(FeedRow).where(FeedRow.citizen_id == citizen_id)
        return await session.scalar(wanted) or 0


async def test_a_request_is_shown_to_its_citizen_in_her_language(
    client: AsyncClient, citizen: Citizen, publish: Publish, mine: Any, me: str, clock: ManualClock
) -> None:
    due = clock.now() + timedelta(days=3)
    await publish(me, entity="r1", due_at=due.isoformat())
    (item,) = await mine(lambda items: len(items) == 1)
    assert (item["id"], item["kind"], item["title"]) == ("r1", "laksa_report", "Jalan rusak")
    assert (item["due_at"], item["updated_at"]) == ("2026-02-05T09:00:00+07:00", "2026-02-02T09:00:00+07:00")
    english = await client.get("/v1/me/requests", headers={**citizen(me), "Accept-Language": "en"})
    assert english.json()["items"][0]["next_step"] == "An officer looks at it"
    assert english.headers["content-language"] == "en"
    stranger = await client.get("/v1/me/requests", headers=citizen(str(new_id())))
    assert stranger.json() == {"items": [], "next": None}


async def test_a_kind_of_another_service_is_refused_and_holds_nothing_up(
    client: AsyncClient, publish: Publish, mine: Any, me: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.events.inbox._TRIES", 1)
    await publish(me, entity="foreign", kind="jobs_application")
    await publish(me, entity="own")
    await publish(me, entity="later")
    items = await mine(lambda items: len(items) == 2)
    assert {item["id"] for item in items} == {"own", "later"}


async def test_a_guest_has_no_requests(client: AsyncClient) -> None:
    assert (await client.get("/v1/me/requests")).status_code == 401


async def test_events_of_all_services_meet_in_one_list(publish: Publish, mine: Any, me: str) -> None:
    for publisher in ("laksa", "emergency", "jobs", "prices", "news", "tourism"):
        await publish(me, entity="same-id", publisher=publisher)
    items = await mine(lambda items: len(items) == 6)
    assert {item["kind"] for item in items} >= {"jobs_report", "news_report"}


async def test_an_event_delivered_twice_has_one_effect(
    app: FastAPI, publish: Publish, mine: Any, me: str
) -> None:
    event_id = await publish(me, entity="r1", version=1)
    await publish(me, entity="r1", version=1, event_id=event_id)
    await publish(me, entity="r2", version=1)
    assert len(await mine(lambda items: len(items) == 2)) == 2
    assert await feed_rows(app, me) == 2


async def test_an_older_version_changes_nothing_and_tells_nobody(
    app: FastAPI, publish: Publish, mine: Any, me: str
) -> None:
    await publish(me, entity="r1", version=3, state="done", closed=True)
    await publish(me, entity="r1", version=2, state="working")
    await publish(me, entity="r1", version=3, state="reopened")
    await publish(me, entity="mark")
    items = await mine(lambda items: len(items) == 2)
    assert {item["id"]: item["state"] for item in items} == {"r1": "done", "mark": "received"}
    assert await feed_rows(app, me) == 2


async def test_pages_go_from_the_last_change_back_and_belong_to_their_filter(
    client: AsyncClient, citizen: Citizen, publish: Publish, mine: Any, me: str, clock: ManualClock
) -> None:
    for number in range(7):
        at = clock.now() + timedelta(minutes=number // 2)  # pairs of one moment
        await publish(me, entity=f"r{number}", at=at, closed=number == 3)
    await mine(lambda items: len(items) == 7)
    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/me/requests", params=params, headers=citizen(me))).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]
    assert [item["id"] for item in await mine(bool, state="closed")] == ["r3"]
    assert len(await mine(bool, state="open")) == 6
    for headers, params in ((citizen(me), {"state": "open"}), (citizen(str(new_id())), {})):
        asked = {"cursor": cursor, **params}
        foreign = await client.get("/v1/me/requests", params=asked, headers=headers)
        assert (foreign.status_code, foreign.json()["code"]) == (400, "bad_cursor")


async def test_a_page_costs_one_query(
    app: FastAPI, client: AsyncClient, citizen: Citizen, publish: Publish, mine: Any, me: str
) -> None:
    for number in range(3):
        await publish(me, entity=f"r{number}")
    await mine(lambda items: len(items) == 3)
    with QueryRecorder().on(app.state.runtime.database) as queries:
        etag = (await client.get("/v1/me/requests", headers=citizen(me))).headers["etag"]
    assert sum("FROM requests" in statement for statement in queries.statements) == 1
    again = await client.get("/v1/me/requests", headers={**citizen(me), "If-None-Match": etag})
    assert again.status_code == 304
