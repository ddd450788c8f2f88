"""Events leave with the commit, arrive once in effect, and none is ever dropped."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import nats
import pytest
from fastapi import FastAPI
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from sqlalchemy import func, select, update
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.app import Service
from shared.clock import ManualClock
from shared.events import dead
from shared.events.bus import Bus, ensure_streams
from shared.events.event import Envelope, Event
from shared.events.fanout import Fanout
from shared.events.inbox import Subscription as Listening
from shared.events.outbox import emit
from shared.events.relay import replay, waiting
from shared.forever import end
from shared.health import OpsApp
from shared.runtime import Runtime
from shared.tables import due, inbox, outbox
from shared.testing import served


class NoteTakenV1(Event):
    name: ClassVar[str] = "note_taken.v1"

    words: str


class Taken:
    """A subscriber that leaves a row behind, and breaks on the word `broken`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, str]] = []
        self.mended = False
        self.busy = 0

    async def __call__(self, session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
        if event.data["words"] == "broken" and not self.mended:
            raise RuntimeError("cannot take this in")
        if event.data["words"] == "busy" and self.busy:
            self.busy -= 1
            raise PoolTimeout
        await timers.schedule(session, "taken", event.id, now + timedelta(days=1))
        self.seen.append((event.subject, event.entityversion, event.data["words"]))


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
async def stack(
    make_app: Callable[..., FastAPI], nats_url: str, taken: Taken, clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """Publisher and subscriber in one service, with a clean broker."""
    connection = await nats.connect(nats_url)
    for name in ("NEWS", "DEAD"):
        try:
            await connection.jetstream().delete_stream(name)
        except nats.js.errors.NotFoundError:
            continue
    await connection.close()
    service = Service(
        name="svc-news",
        package="svc_news",
        title="x",
        subscriptions=[Listening("notes", ("NEWS",), ("note_taken.v1",), taken)],
    )
    app = make_app(clock, service, nats_url=nats_url)
    async with served(app):
        yield app


async def say(app: FastAPI, words: str, entity: str = "e1", version: int = 1) -> None:
    runtime = app.state.runtime
    async with runtime.database.transaction() as session:
        event = NoteTakenV1(words=words)
        await emit(session, event, entity_id=entity, entity_version=version, now=runtime.clock.now())


async def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not (found := condition()) or (asyncio.iscoroutine(found) and not await found):
            await asyncio.sleep(0.02)


async def rows(app: FastAPI, table: Any) -> int:
    async with app.state.runtime.database.connection() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def settled(app: FastAPI, events: int) -> None:
    """What was said is marked sent and what was taken in is committed: both come after a handler ran."""

    async def is_so() -> bool:
        async with app.state.runtime.database.connection() as connection:
            return not await waiting(connection) and await rows(app, inbox) >= events

    await until(is_so)


async def test_a_process_makes_the_streams_it_needs_whatever_services_there_are(stack: FastAPI) -> None:
    bus = stack.state.runtime.bus
    await until(lambda: bus.connected.is_set())
    assert bus.streams >= {"NEWS", "DEAD"}
    assert not bus.streams & {"LAKSA", "JOBS"}
    made = {info.config.name for info in await bus.jetstream.streams_info()}
    assert bus.streams <= made


async def test_what_was_committed_arrives_in_order_and_is_marked_sent(stack: FastAPI, taken: Taken) -> None:
    for version in range(1, 51):
        await say(stack, f"w{version}", version=version)
    await until(lambda: len(taken.seen) == 50)
    assert [v for _, v, _ in taken.seen] == list(range(1, 51))
    await settled(stack, 50)


async def test_what_was_rolled_back_is_never_sent(stack: FastAPI, taken: Taken) -> None:
    runtime = stack.state.runtime
    with pytest.raises(RuntimeError):
        async with runtime.database.transaction() as session:
            await emit(
                session, NoteTakenV1(words="no"), entity_id="e", entity_version=1, now=runtime.clock.now()
            )
            raise RuntimeError
    await say(stack, "yes")
    await until(lambda: taken.seen)
    assert [words for _, _, words in taken.seen] == ["yes"]


async def test_an_event_sent_twice_has_one_effect(stack: FastAPI, taken: Taken, nats_url: str) -> None:
    await say(stack, "once")
    await until(lambda: taken.seen)
    async with stack.state.runtime.database.connection() as connection:
        body = (await connection.execute(select(outbox))).one()
    copy = Envelope(
        id=str(body.id), source="//x/svc-news", type=body.type, subject="e1", time=body.occurred_at,
        partitionkey="e1", entityversion=1, data=body.data,
    )  # fmt: skip
    connection = await nats.connect(nats_url)
    for number in range(5):
        head = {"Nats-Msg-Id": f"again-{number}"}
        await connection.jetstream().publish(body.type, copy.model_dump_json().encode(), headers=head)
    await connection.close()
    await say(stack, "after", version=2)
    await settled(stack, 2)
    assert [words for _, _, words in taken.seen] == ["once", "after"]
    assert await rows(stack, due) == 2
    assert await rows(stack, inbox) == 2


async def test_the_envelope_is_a_cloudevent(stack: FastAPI, taken: Taken, nats_url: str) -> None:
    await say(stack, "hello")
    await until(lambda: taken.seen)
    connection = await nats.connect(nats_url)
    message = await connection.jetstream().get_msg("NEWS", 1)
    await connection.close()
    body = json.loads(message.data or b"")
    assert {k: body[k] for k in ("specversion", "source", "type", "subject", "entityversion", "data")} == {
        "specversion": "1.0",
        "source": "//tangerang/svc-news",
        "type": "news.note_taken.v1",
        "subject": "e1",
        "entityversion": 1,
        "data": {"words": "hello"},
    }
    assert message.headers == {"Nats-Msg-Id": body["id"], "Content-Type": "application/cloudevents+json"}


async def test_an_unreadable_message_goes_to_the_dead_letters(
    stack: FastAPI, taken: Taken, nats_url: str
) -> None:
    await until(stack.state.runtime.bus.connected.is_set)
    connection = await nats.connect(nats_url)
    await connection.jetstream().publish("news.note_taken.v1", b"not an event")
    letters = []
    for _ in range(50):
        letters = [m async for m in dead.letters(connection.jetstream())]
        if letters:
            break
        await asyncio.sleep(0.1)
    await connection.close()
    assert [(m.data, (m.headers or {})["Dead-Reason"]) for m in letters] == [(b"not an event", "unreadable")]


async def test_a_service_sends_its_own_dead_letters_again_and_each_but_once(
    stack: FastAPI, taken: Taken
) -> None:
    await until(stack.state.runtime.bus.connected.is_set)
    jetstream = stack.state.runtime.bus.jetstream
    others = {"Dead-Subject": "news.note_taken.v1", "Dead-Consumer": "svc-other-notes"}
    await jetstream.publish("dead.svc-other-notes", b"theirs", headers=others)
    await jetstream.publish("news.note_taken.v1", b"unreadable for ever")
    async with asyncio.timeout(10):
        while len([m async for m in dead.letters(jetstream)]) < 2:
            await asyncio.sleep(0.1)
    assert await dead.replay(jetstream, "svc-news-notes") == 1
    async with asyncio.timeout(10):
        while len(left := [m.data async for m in dead.letters(jetstream)]) < 2:
            await asyncio.sleep(0.1)
    assert left == [b"theirs", b"unreadable for ever"]


async def test_a_bad_event_holds_up_no_other_and_can_be_replayed_once_mended(
    stack: FastAPI, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.events.inbox._TRIES", 2)
    await say(stack, "broken", entity="bad")
    await say(stack, "fine", entity="good")
    await until(lambda: [w for _, _, w in taken.seen] == ["fine"])
    jetstream = stack.state.runtime.bus.jetstream
    async with asyncio.timeout(10):
        while not [m async for m in dead.letters(jetstream)]:
            await asyncio.sleep(0.1)
    taken.mended = True
    assert await dead.replay(jetstream) == 1
    await until(lambda: len(taken.seen) == 2)
    assert [m async for m in dead.letters(jetstream)] == []


async def test_an_event_outlasts_any_time_without_a_free_connection(
    stack: FastAPI, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.events.inbox._TRIES", 2)
    monkeypatch.setattr("shared.events.inbox._BUSY_SECONDS", 0.01)
    taken.busy = 8
    await say(stack, "busy")
    await until(lambda: taken.seen)
    assert taken.busy == 0
    assert [m async for m in dead.letters(stack.state.runtime.bus.jetstream)] == []


async def test_a_stream_deleted_while_all_runs_is_made_again(stack: FastAPI, taken: Taken) -> None:
    await say(stack, "before")
    await until(lambda: taken.seen)
    await stack.state.runtime.bus.jetstream.delete_stream("NEWS")
    await say(stack, "after", version=2)
    await until(lambda: len(taken.seen) == 2, 30)
    await until(lambda: not stack.state.runtime.relay.troubles())


async def test_a_stream_that_is_refused_stops_no_other_and_is_told_to_ops(
    stack: FastAPI, taken: Taken
) -> None:
    bus = stack.state.runtime.bus
    await until(bus.connected.is_set)
    await bus.jetstream.add_stream(name="STRANGER", subjects=["extra.>"])
    bus.streams.add("EXTRA")
    await bus.ensure()
    (reason,) = json.loads((await OpsApp(stack.state.runtime, Path()).ready()).body)["reasons"]
    assert reason == "stream EXTRA: subjects overlap with an existing stream"
    await say(stack, "all the same")
    await until(lambda: taken.seen)
    await bus.jetstream.delete_stream("STRANGER")
    await bus.ensure()
    assert bus.refused == []
    await bus.jetstream.delete_stream("EXTRA")


async def test_a_lost_broker_is_refilled_from_the_outbox(stack: FastAPI, taken: Taken) -> None:
    await say(stack, "kept")
    await settled(stack, 1)
    runtime = stack.state.runtime
    jetstream = runtime.bus.jetstream
    await jetstream.delete_stream("NEWS")
    await ensure_streams(jetstream, ["NEWS"], 1, 1_048_576)
    async with runtime.database.transaction() as session:
        assert await replay(await session.connection(), runtime.clock.now() - timedelta(days=7)) == 1
    async with asyncio.timeout(5):
        while not (await jetstream.stream_info("NEWS")).state.messages:
            await asyncio.sleep(0.05)
    assert b"kept" in ((await jetstream.get_msg("NEWS", 1)).data or b"")
    assert len(taken.seen) == 1


async def test_a_stream_that_is_there_gets_the_size_that_is_set_today(stack: FastAPI, taken: Taken) -> None:
    await say(stack, "kept")
    await until(lambda: taken.seen)
    jetstream = stack.state.runtime.bus.jetstream
    for size in (2_097_152, 4_194_304):
        await ensure_streams(jetstream, ["NEWS"], 1, size)
        info = await jetstream.stream_info("NEWS")
        assert (info.config.max_bytes, info.state.messages) == (size, 1)


async def test_a_full_stream_is_told_to_ops_and_costs_no_event(stack: FastAPI, taken: Taken) -> None:
    await say(stack, "kept")
    await until(lambda: taken.seen)
    runtime = stack.state.runtime
    health = OpsApp(runtime, Path())
    jetstream = runtime.bus.jetstream
    await ensure_streams(jetstream, ["NEWS"], 1, (await jetstream.stream_info("NEWS")).state.bytes + 10)
    await say(stack, "too much", version=2)
    await until(runtime.relay.troubles)
    (reason,) = json.loads((await health.ready()).body)["reasons"]
    assert reason == "the broker refuses events: NEWS: maximum bytes exceeded"
    await ensure_streams(jetstream, ["NEWS"], 1, 1_048_576)
    await until(lambda: len(taken.seen) == 2)
    await until(lambda: not runtime.relay.troubles())


async def test_an_event_that_waited_for_the_broker_is_replayed_by_when_it_was_sent(app: FastAPI) -> None:
    runtime = app.state.runtime
    await say(app, "waited")
    happened, sent = runtime.clock.now(), runtime.clock.now() + timedelta(hours=2)
    async with runtime.database.transaction() as session:
        await session.execute(update(outbox).values(sent_at=sent))
        connection = await session.connection()
        assert await replay(connection, sent + timedelta(seconds=1)) == 0
        assert await replay(connection, happened + timedelta(hours=1)) == 1


async def test_listening_to_silence_is_one_wait_that_leaves_nothing_to_collect(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, told, waits = Bus(nats_url, "svc-news"), asyncio.Event(), []
    wait = Subscription.next_msg

    async def counted(subscription: Subscription, *given: Any) -> Msg:
        if subscription._conn is bus.client:
            waits.extend(given)
        return await wait(subscription, *given)

    async def handle(event: Envelope) -> None:
        raise AssertionError(event)

    async def reload() -> None:
        told.set()

    monkeypatch.setattr(Subscription, "next_msg", counted)
    bus.start()
    task = asyncio.create_task(Fanout(bus, "news.silence.>", handle, reload).run())
    await asyncio.wait_for(told.wait(), 10)
    await asyncio.sleep(1.5)
    assert waits == [None]  # one that ends by a timeout leaves some 25 objects in cycles, each time
    await bus._lost()
    await bus._found()
    await until(lambda: waits == [None, None])
    await end([task])
    await bus.close()


async def test_fan_out_reaches_the_process(stack: FastAPI) -> None:
    runtime = stack.state.runtime
    heard: list[str] = []
    reloads: list[bool] = []

    async def handle(event: Envelope) -> None:
        heard.append(event.data["words"])

    async def reload() -> None:
        reloads.append(True)

    task = asyncio.create_task(Fanout(runtime.bus, "news.>", handle, reload).run())
    await until(lambda: reloads)
    await say(stack, "to all")
    await until(lambda: heard == ["to all"])
    task.cancel()
