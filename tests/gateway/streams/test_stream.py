"""One person's stream: what she hears, who else does not, and when it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from gateway.streams import usecases
from gateway.streams.models import StreamTicket
from gateway.streams.rules import Hub
from shared.clock import ManualClock
from shared.ids import new_id

SignedIn = Callable[..., dict[str, str]]
Tell = Callable[..., Awaitable[None]]


async def ticket(client: AsyncClient, headers: dict[str, str]) -> str:
    answer = await client.post("/v1/me/stream/ticket", headers=headers)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 30)
    return str(answer.json()["ticket"])


async def test_she_hears_in_her_language_what_happens_to_her_requests(
    listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    async with listening({**signed_in(me), "Accept-Language": "en"}) as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-store, no-transform"
        await tell(me, "LKS-1")
        event, data, row_id = await reader.next()
    assert event == "request_updated"
    assert data == {"number": "LKS-1", "title": "Broken road", "due_at": "2026-02-05T09:00:00+07:00"}
    assert int(row_id) > 0


async def test_nobody_hears_anything_of_somebody_else(
    listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    other = str(new_id())
    async with listening(signed_in(me)) as mine, listening(signed_in(other)) as others:
        for number in range(20):
            await tell(me if number % 2 else other, f"{me if number % 2 else other}:{number}")
        heard = [await mine.next() for _ in range(10)]
        heard_by_other = [await others.next() for _ in range(10)]
    assert all(data["number"].startswith(me) for _, data, _ in heard)
    assert all(data["number"].startswith(other) for _, data, _ in heard_by_other)


async def test_a_browser_opens_it_once_with_a_ticket(
    app: FastAPI, client: AsyncClient, listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    made = await ticket(client, {**signed_in(me), "Accept-Language": "en"})
    async with app.state.runtime.database.transaction() as session:
        kept = (await session.scalars(select(StreamTicket))).all()
    assert made.encode() not in b"".join(t.digest for t in kept)
    del client.headers["X-Api-Key"]
    async with listening(ticket=made) as reader:
        assert reader.answer.status_code == 200
        await tell(me, "LKS-1")
        assert (await reader.next())[1]["title"] == "Broken road"
    assert (await client.get("/v1/me/stream", params={"ticket": made})).status_code == 401


async def test_fifty_uses_of_one_ticket_at_once_open_one_stream(
    client: AsyncClient, listening: Any, signed_in: SignedIn, me: str
) -> None:
    made = await ticket(client, signed_in(me))
    opened = asyncio.Event()

    async def use() -> int:
        async with listening(ticket=made) as reader:
            if reader.answer.status_code == 200:
                await opened.wait()
            return int(reader.answer.status_code)

    uses = [asyncio.create_task(use()) for _ in range(50)]
    await asyncio.wait(uses, timeout=3)
    opened.set()
    assert sorted(await asyncio.gather(*uses)) == [200] + [401] * 49


async def test_a_ticket_is_good_for_thirty_seconds_and_the_life_of_its_token(
    client: AsyncClient, signed_in: SignedIn, me: str, clock: ManualClock
) -> None:
    late, short = await ticket(client, signed_in(me)), await ticket(client, signed_in(me, seconds=5))
    clock.advance(timedelta(seconds=6))
    assert (await client.get("/v1/me/stream", params={"ticket": short})).status_code == 401
    clock.advance(timedelta(seconds=25))
    assert (await client.get("/v1/me/stream", params={"ticket": late})).status_code == 401


async def test_without_ticket_or_token_of_a_citizen_nothing_opens(
    client: AsyncClient, signed_in: SignedIn, me: str
) -> None:
    tried = [
        await client.get("/v1/me/stream"),
        await client.get("/v1/me/stream", params={"ticket": "guessed"}),
        await client.get("/v1/me/stream", headers={"Authorization": "Bearer x.y.z"}),
        await client.get("/v1/me/stream", headers=signed_in(me, kind="staff")),
        await client.post("/v1/me/stream/ticket"),
        await client.post("/v1/me/stream/ticket", headers=signed_in(me, kind="staff")),
    ]
    assert [answer.status_code for answer in tried] == [401, 401, 401, 403, 401, 403]


async def test_who_comes_back_gets_what_she_missed(
    client: AsyncClient, listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    async with listening(signed_in(me)) as reader:
        await tell(me, "first")
        _, _, seen = await reader.next()
    await tell(me, "second")
    await tell(str(new_id()), "not hers")
    await tell(me, "third")
    async with listening({**signed_in(me), "Last-Event-ID": seen}) as reader:
        assert [(await reader.next())[1]["number"] for _ in range(2)] == ["second", "third"]
    made = await ticket(client, signed_in(me))
    async with listening(ticket=made, last_event_id=seen) as reader:
        assert (await reader.next())[1]["number"] == "second"


async def test_a_new_stream_says_where_it_begins_so_that_even_a_silent_one_can_be_resumed(
    listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    async with listening(signed_in(me)) as reader:
        await tell(str(new_id()), "not hers")
        with pytest.raises(TimeoutError):
            await reader.next(0.3)
        place = reader.last_id
    assert reader.retry == 3_000
    await tell(me, "meanwhile")
    async with listening({**signed_in(me), "Last-Event-ID": place}) as reader:
        assert (await reader.next())[1]["number"] == "meanwhile"


async def test_who_comes_back_after_a_day_or_with_a_strange_place_is_told_to_reload(
    app: FastAPI, listening: Any, signed_in: SignedIn, tell: Tell, me: str, clock: ManualClock
) -> None:
    for number in ("old", "older than a day", "kept"):
        await tell(me, number)
    clock.advance(timedelta(hours=25))
    await tell(me, "new")
    async with app.state.runtime.database.transaction() as session:
        await usecases.forget_old(session, now=clock.now())
    for place in ("1", "999999", "-1", "x", "9" * 30):
        async with listening({**signed_in(me), "Last-Event-ID": place}) as reader:
            assert (await reader.next())[0] == "reload"
            await tell(me, "after")
            assert (await reader.next())[1]["number"] == "after"


async def test_it_ends_when_the_access_token_does(
    app: FastAPI, listening: Any, signed_in: SignedIn, me: str, clock: ManualClock
) -> None:
    app.state.runtime.part(Hub).beat_seconds = 0.1
    async with listening(signed_in(me, seconds=60)) as reader:
        clock.advance(timedelta(seconds=61))
        assert (await reader.next())[0] == "reload"
        assert await reader.ended()


async def sign_in(client: AsyncClient) -> tuple[dict[str, str], str]:
    """Headers of a session that the gateway itself began, and whose it is."""
    asked = await client.post("/v1/auth/otp", json={"phone": "0812 3456 7890"})
    answer = {"challenge_id": asked.json()["challenge_id"], "code": "123456"}
    body = (await client.post("/v1/auth/otp/verify", json=answer)).json()
    return {"Authorization": f"Bearer {body['access_token']}"}, body["citizen"]["id"]


async def test_it_ends_when_the_session_does(
    client: AsyncClient, listening: Any, signed_in: SignedIn
) -> None:
    mine, person = await sign_in(client)
    made = await ticket(client, mine)
    async with listening(mine) as reader, listening(signed_in(person)) as other_session:
        assert (await client.post("/v1/auth/logout", headers=mine, json={})).status_code < 300
        assert (await reader.next())[0] == "reload"
        assert await reader.ended()
        with pytest.raises(TimeoutError):
            await other_session.next(0.3)
    async with listening(ticket=made) as reader:
        assert (await reader.next())[0] == "reload"
        assert await reader.ended()


async def test_a_silent_stream_gets_a_comment_and_holds_no_database_connection(
    app: FastAPI, listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    run = app.state.runtime
    run.part(Hub).beat_seconds = 0.05
    async with listening(signed_in(me)) as reader, listening(signed_in(me)):
        with pytest.raises(TimeoutError):
            await reader.next(0.5)
        assert reader.comments >= 5
        busy = run.database.engine.sync_engine.pool.checkedout
        assert min([busy() for _ in range(20) if not await asyncio.sleep(0.01)]) <= 1  # the relay's own
        await tell(me, "still there")
        assert (await reader.next())[1]["number"] == "still there"
