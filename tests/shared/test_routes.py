"""One request, one transaction; sending again does it once."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from deploy.local.postgres import Cluster
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller
from shared.clock import ManualClock
from shared.routes import CityRouter
from shared.settings import Settings
from shared.tables import due, idempotency
from shared.testing import in_process

Headers = Callable[..., dict[str, str]]
SLOW_COMMIT = """
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON due DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait();
"""


async def count(app: FastAPI, table: Any) -> int:
    async with app.state.runtime.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_write_sent_again_with_its_key_gives_the_first_answer_and_one_effect(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    headers = {**as_caller(), "Idempotency-Key": "key-00000001"}
    answers = [await client.post("/v1/news/notes", json={"words": "a"}, headers=headers) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 201]
    assert {a.text for a in answers} == {'{"count":1}'}
    assert [a.headers.get("idempotency-replayed") for a in answers] == [None, "true", "true"]
    assert await count(app, due) == 1


async def test_fifty_at_once_with_one_key_have_one_effect(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    headers = {**as_caller(), "Idempotency-Key": "key-00000002"}
    send = [client.post("/v1/news/notes", json={"words": "a"}, headers=headers) for _ in range(50)]
    codes = [a.status_code for a in await asyncio.gather(*send)]
    assert set(codes) <= {201, 409, 503}
    assert 201 in codes
    assert await count(app, due) == 1


async def test_the_same_key_with_another_body_is_refused(client: AsyncClient, as_caller: Headers) -> None:
    headers = {**as_caller(), "Idempotency-Key": "key-00000003"}
    await client.post("/v1/news/notes", json={"words": "a"}, headers=headers)
    answer = await client.post("/v1/news/notes", json={"words": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_same_key_with_another_query_is_refused(client: AsyncClient, as_caller: Headers) -> None:
    headers = {**as_caller(), "Idempotency-Key": "key-00000013"}
    paths = ("/v1/news/notes?kind=a", "/v1/news/notes?kind=a", "/v1/news/notes?kind=b", "/v1/news/notes")
    answers = [await client.post(path, json={"words": "a"}, headers=headers) for path in paths]
    assert [a.status_code for a in answers] == [201, 201, 422, 422]
    assert answers[2].json()["code"] == "idempotency_key_reused"


async def test_the_same_key_of_another_person_is_another_action(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    for person in ("c1", "c2"):
        headers = {**as_caller(sub=person), "Idempotency-Key": "key-00000004"}
        assert (await client.post("/v1/news/notes", json={"words": "a"}, headers=headers)).status_code == 201
    assert await count(app, due) == 2


async def test_a_failed_write_keeps_neither_effect_nor_key(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    headers = {**as_caller(), "Idempotency-Key": "key-00000005"}
    answer = await client.post("/v1/news/notes", json={"words": "fail"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert await count(app, due) == 0
    assert await count(app, idempotency) == 0


async def test_a_day_later_a_key_is_good_for_a_new_action_that_is_done_once(
    app: FastAPI, client: AsyncClient, as_caller: Headers, clock: ManualClock
) -> None:
    async def send(words: str) -> Response:
        headers = {**as_caller(), "Idempotency-Key": "key-00000014"}
        return await client.post("/v1/news/notes", json={"words": words}, headers=headers)

    assert (await send("a")).json() == {"count": 1}
    clock.advance(timedelta(hours=24))
    assert ((await send("a")).json(), (await send("b")).status_code) == ({"count": 1}, 422)
    clock.advance(timedelta(hours=1))
    assert (await send("fail")).status_code == 500
    assert await count(app, idempotency) == await count(app, due) == 1
    answers = await asyncio.gather(*(send("b") for _ in range(20)))
    assert {a.status_code for a in answers} <= {201, 409, 503}
    assert {a.text for a in answers if a.status_code == 201} == {'{"count":2}'}
    again = await send("b")
    assert (again.json(), again.headers["idempotency-replayed"]) == ({"count": 2}, "true")
    assert (await count(app, idempotency), await count(app, due)) == (1, 2)


async def test_a_client_made_id_counts_as_the_key(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    body = {"id": "0192e4a0-0000-7000-8000-000000000001", "words": "a"}
    for _ in range(2):
        assert (await client.post("/v1/news/notes", json=body, headers=as_caller())).status_code == 201
    assert await count(app, due) == 1


async def test_without_key_and_id_the_answer_says_what_to_send(
    client: AsyncClient, as_caller: Headers
) -> None:
    answer = await client.post("/v1/news/notes", json={"words": "a"}, headers=as_caller())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert answer.headers["content-language"] == "id"


async def test_a_guest_without_a_device_is_told_to_send_one(client: AsyncClient) -> None:
    headers = {"Idempotency-Key": "key-00000006"}
    answer = await client.post("/v1/news/notes", json={"words": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "device_id_missing")


async def test_a_request_ends_at_its_deadline_and_keeps_nothing(
    client: AsyncClient, as_caller: Headers
) -> None:
    answer = await client.get("/v1/news/slow", headers={**as_caller(), "X-Deadline-Ms": "200"})
    assert (answer.status_code, answer.json()["code"]) == (503, "deadline_exceeded")
    assert answer.headers["retry-after"] == "2"
    assert answer.elapsed.total_seconds() < 1.5


async def test_what_is_written_last_ends_at_the_deadline_too(
    app: FastAPI, client: AsyncClient, as_caller: Headers
) -> None:
    database = app.state.runtime.database
    async with database.connection() as other:
        row = {"kind": "note", "entity_id": "plain", "due_at": app.state.runtime.clock.now()}
        await other.execute(due.insert(), row)  # not committed: who writes the same timer waits for it
        headers = {**as_caller(), "X-Deadline-Ms": "400"}
        started = time.monotonic()
        answer = await client.post("/v1/news/plain", headers=headers)
        await other.rollback()
    assert answer.json()["code"] == "deadline_exceeded"
    assert time.monotonic() - started < 5
    assert (await client.post("/v1/news/plain", headers=as_caller())).status_code == 200


async def test_a_request_with_hardly_any_time_left_is_not_begun(
    client: AsyncClient, as_caller: Headers
) -> None:
    answer = await client.get("/v1/news/slow", headers={**as_caller(), "X-Deadline-Ms": "10"})
    assert answer.json()["code"] == "deadline_exceeded"


async def test_a_guest_gets_401_and_the_wrong_role_403(client: AsyncClient, as_caller: Headers) -> None:
    assert (await client.get("/v1/news/staff")).status_code == 401
    assert (await client.get("/v1/news/staff", headers=as_caller())).status_code == 403
    editor = as_caller("staff", "s1", roles=frozenset({"editor"}))
    assert (await client.get("/v1/news/staff", headers=editor)).status_code == 200


async def test_the_document_says_of_every_operation_who_may_call_it(client: AsyncClient) -> None:
    first = await client.get("/openapi.json")
    operations = [o for path in first.json()["paths"].values() for o in path.values()]
    assert [o["x-city"]["audience"] for o in operations] == [
        ["public", "citizen"],
        ["public"],
        ["staff:editor"],
    ]
    assert all("default" not in o["responses"] for o in operations)
    assert [sorted(o["responses"]) for o in operations] == [
        ["201", "400", "409", "422", "503", "504"],
        ["200", "400", "503"],
        ["200", "400", "401", "403", "503"],
    ]
    key = next(p for p in operations[0]["parameters"] if p["name"] == "Idempotency-Key")
    assert key["required"] is False, "a note may bring an id of its own"
    again = await client.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_route_that_does_not_state_its_caller_cannot_be_declared() -> None:
    router = CityRouter()
    with pytest.raises(TypeError, match="who may call it"):

        @router.get("/open")
        async def forgotten() -> None:
            """Says nothing of its caller."""


def test_a_route_outside_the_route_class_stops_the_start(
    settings_for: Callable[..., Settings], clock: Any
) -> None:
    plain = APIRouter()

    @plain.get("/plain")
    async def handler(caller: Annotated[Caller, Allow(Anyone)]) -> None:
        """Not a CityRoute."""

    service = Service(name="svc-news", package="svc_news", title="x", routers=[plain])
    with pytest.raises(TypeError, match="CityRouter"):
        build_app(service, settings_for(Settings, "postgresql://a:b@127.0.0.1:1/x"), clock)


async def test_a_commit_that_hangs_ends_and_says_that_the_outcome_is_unknown(
    make_app: Callable[..., FastAPI],
    clock: Any,
    databases: Any,
    postgres: Cluster,
    as_caller: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.db._COMMIT_SECONDS", 0.3)
    url = databases.new("svc_news")
    postgres.sql(SLOW_COMMIT, url.rpartition("/")[2])
    app = make_app(clock, database_url=url)
    headers = {**as_caller(), "Idempotency-Key": "key-00000009"}
    async with in_process(app) as client, asyncio.timeout(5):
        answer = await client.post("/v1/news/notes", json={"words": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (504, "outcome_unknown")
    await app.state.runtime.database.close()
