"""Places in the hub, the order of the feed, and life without a broker."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from deploy.local import identity_keys
from gateway.streams import queries, usecases
from gateway.streams.models import FeedRow
from gateway.streams.rules import Hub
from shared.auth import Signer
from shared.clock import ManualClock
from shared.ids import new_id

SignedIn = Callable[..., dict[str, str]]
Tell = Callable[..., Awaitable[None]]
MakeApp = Callable[..., Awaitable[FastAPI]]
RESETS = int(os.environ.get("RESETS") or 200)


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def reset(client: AsyncClient, headers: dict[str, str], read: int) -> None:
    """Asks for a stream, reads so many bytes and drops the connection without a goodbye (RST)."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    lines = [f"{name}: {value}" for name, value in {"Host": "x", **headers}.items()]
    writer.write("\r\n".join(["GET /v1/me/stream HTTP/1.1", *lines, "", ""]).encode())
    await writer.drain()
    if read:
        await reader.readexactly(read)
    writer.transport.abort()


async def test_streams_that_are_reset_leave_no_place_taken(
    app: FastAPI, client: AsyncClient, signed_in: SignedIn
) -> None:
    """RESETS=10000 makes it the 10,000 cycles of reliability.md, row 20."""
    hub: Hub = app.state.runtime.part(Hub)
    for batch in range(-(-RESETS // 20)):
        people = [signed_in(str(new_id())) for _ in range(20)]
        await asyncio.gather(*(reset(client, who, 200 * (n % 2)) for n, who in enumerate(people)))
        assert hub.open <= 20 * (batch + 1)
    await until(lambda: hub.open == 0)
    assert hub.waiting == set()
    assert await open_streams_metric(app) == 0


async def open_streams_metric(app: FastAPI) -> float:
    return app.state.runtime.metrics.registry.get_sample_value("city_streams_open") or 0.0


async def test_a_sixth_stream_takes_the_place_of_the_oldest(
    app: FastAPI, listening: Any, signed_in: SignedIn, me: str
) -> None:
    streams = [listening(signed_in(me)) for _ in range(6)]
    readers = [await each.__aenter__() for each in streams]
    assert (await readers[0].next())[0] == "replaced"
    assert await readers[0].ended()
    await until(lambda: app.state.runtime.part(Hub).open == 5)
    for each in streams:
        await each.__aexit__(None, None, None)
    await until(lambda: app.state.runtime.part(Hub).open == 0)


async def test_without_a_free_place_the_answer_is_503(
    app: FastAPI, client: AsyncClient, listening: Any, signed_in: SignedIn, me: str
) -> None:
    app.state.runtime.parts[Hub] = Hub(places=1)
    async with listening(signed_in(me)):
        answer = await client.get("/v1/me/stream", headers=signed_in(str(new_id())))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "5"
    await until(lambda: app.state.runtime.part(Hub).open == 0)
    async with listening(signed_in(me)) as reader:
        assert reader.answer.status_code == 200


async def test_a_reader_who_does_not_read_is_told_to_reload_instead_of_being_buffered(
    app: FastAPI, listening: Any, signed_in: SignedIn, me: str
) -> None:
    hub: Hub = app.state.runtime.part(Hub)
    async with listening(signed_in(me)) as reader:
        (listener,) = hub.listeners(me)
        for row_id in range(1, 300):
            listener.give(row_id, b"event: x\ndata: {}\n\n")
        assert [(await reader.next())[0] for _ in range(2)] == ["reload", "x"]


async def test_a_reader_who_reads_nothing_loses_her_place_and_disturbs_nobody(
    app: FastAPI, client: AsyncClient, listening: Any, signed_in: SignedIn, tell: Tell, me: str
) -> None:
    hub: Hub = app.state.runtime.part(Hub)
    hub.patience_seconds, hub.beat_seconds = 0.3, 0.3
    deaf = str(new_id())
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=1_024)
    head = [f"{name}: {value}" for name, value in {"Host": "x", **signed_in(deaf)}.items()]
    writer.write("\r\n".join(["GET /v1/me/stream HTTP/1.1", *head, "", ""]).encode())
    await until(lambda: hub.open == 1)
    async with listening(signed_in(me)) as reader:
        for row_id in range(1, 100):
            hub.listeners(deaf)[0].give(row_id, b": " + bytes(200_000) + b"\n\n")
        await tell(me, "heard at once")
        assert (await reader.next(2))[1]["number"] == "heard at once"
        await until(lambda: hub.open == 1, 3)
        writer.transport.abort()


async def test_when_the_process_stops_streams_end_at_once_and_come_back_spread_out(
    make_app: MakeApp, serve: Any, reader_for: Any, signed_in: SignedIn
) -> None:
    app = await make_app()
    waits = set()
    async with serve(app) as client:
        streams = [reader_for(client)(signed_in(str(new_id()))) for _ in range(5)]
        readers = [await each.__aenter__() for each in streams]
        app.state.runtime.begin_stop()
        for reader in readers:
            event, data, _ = await reader.next(2)
            assert (event, data["after_ms"]) == ("reconnect", reader.retry)
            assert await reader.ended(2)
            waits.add(reader.retry)
        refused = await client.get("/v1/me/stream", headers=signed_in(str(new_id())))
        assert refused.status_code == 503
    assert len(waits) > 1
    assert all(wait is not None and 500 <= wait < 8_500 for wait in waits)


async def test_without_broker_a_stream_hears_within_three_seconds(
    make_app: MakeApp, serve: Any, reader_for: Any, tell_in: Any, signed_in: SignedIn, me: str
) -> None:
    app = await make_app()
    async with serve(app) as client, reader_for(client)(signed_in(me)) as reader:
        await tell_in(app)(me, "by the poll")
        assert (await reader.next(3))[1]["number"] == "by the poll"


async def test_ids_rise_in_the_order_of_the_commits(app: FastAPI, clock: ManualClock, me: str) -> None:
    database = app.state.runtime.database
    written = asyncio.Event()

    async def tell(number: str) -> None:
        async with database.transaction() as session:
            await usecases.in_order(session)
            await usecases.tell(session, me, "x", {"number": number}, now=clock.now())
            written.set()
            await asyncio.sleep(0.1 if number == "first" else 0)

    first = asyncio.create_task(tell("first"))
    await written.wait()
    await asyncio.gather(first, *(tell(str(n)) for n in range(5)))
    async with database.transaction() as session:
        rows = (await session.scalars(select(FeedRow).order_by(FeedRow.id))).all()
    assert rows[0].payload == {"number": "first"}
    await database.close()


async def test_a_push_of_another_worker_wakes_only_the_people_it_names(
    app: FastAPI, listening: Any, signed_in: SignedIn, me: str, clock: ManualClock, monkeypatch: Any
) -> None:
    run = app.state.runtime
    hub: Hub = run.part(Hub)
    looked = 0

    async def since(*args: Any, real: Any = queries.since) -> Any:
        nonlocal looked
        rows = await real(*args)
        looked += 1
        return rows

    monkeypatch.setattr(queries, "since", since)
    monkeypatch.setattr(hub, "wake_all", lambda: None)  # the look for everybody soon after a connection
    async with listening(signed_in(me)) as reader:
        await until(lambda: looked and not hub.waiting)  # what her coming woke is over
        async with run.database.transaction() as session:
            await usecases.in_order(session)
            await usecases.tell(session, me, "x", {"number": "quiet"}, now=clock.now())
            session.info.pop(usecases.TOLD)  # as if another process had committed it
        with pytest.raises(TimeoutError):
            await reader.next(0.5)
        await run.bus.publish(usecases.PUSH, json.dumps([str(new_id()), me]).encode())
        assert (await reader.next())[1]["number"] == "quiet"


async def test_a_withdrawn_key_ends_what_was_opened_with_it(
    make_app: Any, serve: Any, reader_for: Any, tmp_path: Path, clock: ManualClock, me: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("shared.auth._REREAD_SECONDS", -1)
    monkeypatch.setattr("gateway.streams.subscribers._POLL_SECONDS", 0.1)
    identity_keys.ensure_identity_keys(tmp_path)
    keys = tmp_path / "keys"
    app = await make_app(identity_jwks=keys / "identity.jwks.json", identity_key=keys / "identity.jwk.json")
    stolen = Signer(keys / "identity.jwk.json")
    claims = {"aud": "gateway", "kind": "citizen", "sub": me, "sid": str(new_id())}
    forged = {"Authorization": f"Bearer {stolen.sign('access', claims, clock.now(), 600)}"}
    async with serve(app) as client, reader_for(client)(forged) as reader:
        ticket = (await client.post("/v1/me/stream/ticket", headers=forged)).json()["ticket"]
        identity_keys.replace_leaked(tmp_path, lambda _: None)
        assert (await reader.next())[0] == "reconnect"
        assert await reader.ended()
        assert (await client.get("/v1/me/stream", params={"ticket": ticket})).status_code == 401
