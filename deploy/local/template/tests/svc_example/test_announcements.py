"""Announcements through the front door of the service, on a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.tables import outbox
from shared.testing import Keys, QueryRecorder, in_process, rolled_back
from svc_example.app import create_app
from svc_example.settings import ExampleSettings

PATH = "/v1/example/announcements"
ADMIN = Caller(kind="staff", sub="s-1", roles=frozenset({"admin"}))
CITIZEN = Caller(kind="citizen", sub="c-1")
CLOSED = {
    "title": {"id": "Demo: tutup hari Jumat", "en": "Demo: closed on Friday"},
    "text": {"id": "Demo: buka lagi hari Senin.", "en": "Demo: open again on Monday."},
}
Send = Callable[..., Awaitable[Response]]


@pytest.fixture
async def app(
    databases: Any, settings_for: Callable[..., ExampleSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """The service with a database of its own, no broker and no background work."""
    made = create_app(settings_for(ExampleSettings, databases.new("svc_example")), clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Calls it; whatever happens is rolled back."""
    async with rolled_back(app.state.runtime.database), in_process(app) as made:
        yield made


@pytest.fixture
def send(client: AsyncClient, keys: Keys, clock: ManualClock) -> Send:
    """`await send(caller, path, body, **headers)`: a POST with a fresh key, unless one is given."""

    async def post(caller: Caller, path: str = "", body: Any = None, **headers: str) -> Response:
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        identity = keys.identity(caller, "svc-example", clock.now())
        return await client.post(PATH + path, json=body, headers=identity | sent)

    return post


async def test_what_an_administrator_publishes_everybody_reads_in_their_language(
    send: Send, client: AsyncClient
) -> None:
    made = await send(ADMIN, body=CLOSED)
    assert made.status_code == 201
    for language in ("id", "en"):
        found = await client.get(made.headers["Location"], headers={"Accept-Language": language})
        assert found.headers["Content-Language"] == language
        assert found.json()["title"] == CLOSED["title"][language]
    assert found.json()["published_at"] == "2026-02-02T09:00:00+07:00"


async def test_nobody_else_publishes_and_both_languages_are_needed(send: Send) -> None:
    assert (await send(Caller(), body=CLOSED)).status_code == 401
    assert (await send(CITIZEN, body=CLOSED)).status_code == 403
    half = CLOSED | {"title": {"id": "Demo"}}
    refused = await send(ADMIN, body=half)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "title.en")


async def test_the_list_is_newest_first_page_by_page_in_one_statement(
    send: Send, client: AsyncClient, app: FastAPI, clock: ManualClock
) -> None:
    made = []
    for _ in range(5):
        made.append((await send(ADMIN, body=CLOSED)).json()["id"])
        clock.advance(timedelta(minutes=1))
    found, cursor = [], ""
    while cursor is not None:
        with QueryRecorder().on(app.state.runtime.database) as queries:
            page = (await client.get(f"{PATH}?limit=2{cursor and '&cursor=' + cursor}")).json()
        assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == 1
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert found == made[::-1]
    assert (await client.get(f"{PATH}?cursor=nonsense")).json()["code"] == "bad_cursor"


async def test_sending_again_with_the_same_key_publishes_once(send: Send, client: AsyncClient) -> None:
    once = [await send(ADMIN, body=CLOSED, Idempotency_Key="the-same-key") for _ in range(2)]
    assert once[0].json() == once[1].json()
    assert len((await client.get(PATH)).json()["items"]) == 1


async def test_what_is_withdrawn_is_gone_and_cannot_be_withdrawn_again(
    send: Send, client: AsyncClient
) -> None:
    made = await send(ADMIN, body=CLOSED)
    gone = f"/{made.json()['id']}/withdraw"
    assert (await send(ADMIN, gone, If_Match='"7.abc"')).status_code == 412
    assert (await send(ADMIN, gone, If_Match=made.headers["ETag"])).status_code == 200
    assert (await client.get(made.headers["Location"])).status_code == 404
    assert (await client.get(PATH)).json()["items"] == []
    again = await send(ADMIN, gone)
    assert (again.status_code, again.json()["code"]) == (409, "already_withdrawn")
    assert (await send(ADMIN, f"/{new_id()}/withdraw")).status_code == 404


async def test_the_city_is_told_in_the_same_transaction(send: Send, app: FastAPI) -> None:
    made = (await send(ADMIN, body=CLOSED)).json()
    await send(ADMIN, f"/{made['id']}/withdraw")
    async with app.state.runtime.database.transaction() as session:
        mine = select(outbox.c.type, outbox.c.entity_version).where(outbox.c.entity_id == made["id"])
        told = (await session.execute(mine.order_by(outbox.c.id))).all()
    assert [tuple(row) for row in told] == [
        ("example.announcement_published.v1", 1),
        ("example.document_published.v1", 1),
        ("example.tags_purged.v1", 1),
        ("example.announcement_withdrawn.v1", 2),
        ("example.document_withdrawn.v1", 2),
        ("example.tags_purged.v1", 2),
    ]


async def test_what_was_told_can_be_told_again_and_what_is_withdrawn_is_not(
    send: Send, client: AsyncClient, keys: Keys, clock: ManualClock
) -> None:
    kept, gone = [(await send(ADMIN, body=CLOSED)).json() for _ in range(2)]
    await send(ADMIN, f"/{gone['id']}/withdraw")
    system = keys.identity(Caller(kind="system"), "svc-example", clock.now())
    page = (await client.get("/internal/snapshots/documents", headers=system)).json()
    assert [(item["id"], item["version"]) for item in page["items"]] == [(kept["id"], 1)]
    assert page["items"][0]["data"]["title"] == CLOSED["title"]
