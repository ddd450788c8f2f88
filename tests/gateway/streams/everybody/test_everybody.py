"""The stream of everybody: notices and hints, the same bytes for all, and nothing of any person."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from gateway.declarations.usecases import Declarations, Part, Section, Wanted
from gateway.streams.everybody.rules import Square
from gateway.streams.everybody.usecases import Crier
from shared.clock import ManualClock
from shared.ids import new_id


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def notices(reader: Any, wanted: int) -> list[tuple[str, dict[str, Any]]]:
    """The next so many events that are no hints."""
    found: list[tuple[str, dict[str, Any]]] = []
    while len(found) < wanted:
        event, data, _ = await reader.next()
        found += [(event, data)] if event != "changed" else []
    return found


async def emptied(square: Square) -> None:
    """Nobody listens any more."""
    await until(lambda: square.open == 0)


async def first_place(reader: Any) -> str:
    """The place that a stream begins with."""
    while not reader.last_id:
        with pytest.raises(TimeoutError):
            await reader.next(0.05)
    return str(reader.last_id)


async def test_a_guest_hears_a_notice_begin_change_and_end_in_his_language(
    hear: Any, desk: Any, clock: ManualClock
) -> None:
    async with hear({"Accept-Language": "en"}) as reader, hear(language="id") as other:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-store, no-transform"
        written = await desk("POST", starts=5, ends=15, platforms=["ios"], areas=["36.71.01"])
        assert (await reader.next())[0] == "changed"  # it is planned: not one word of it yet
        clock.advance(timedelta(minutes=5))
        [(event, said)] = await notices(reader, 1)
        assert (event, said["title"], said["text"]) == ("notice", "Flood", "Avoid")
        assert (said["platforms"], said["areas"]) == (["ios"], ["36.71.01"])
        assert said["starts_at"].endswith("+07:00")
        assert "author" not in said
        assert (await notices(other, 1))[0][1]["title"] == "Banjir"
        where = written.headers["Location"]
        await desk("PUT", where, ends=10, title={"id": "Surut", "en": "Over"})
        assert [data["title"] for _, data in await notices(reader, 1)] == ["Over"]
        clock.advance(timedelta(minutes=10))
        assert await notices(reader, 1) == [("notice_ended", {"id": said["id"]})]


async def test_only_tags_of_public_reads_are_told(hear: Any, purge: Any) -> None:
    async with hear() as reader:
        await purge("report:LKS-1", f"citizen:{new_id()}", "search")
        event, said, place = await reader.next()
        while "search" not in said["tags"]:  # of the test before
            event, said, place = await reader.next()
        assert event == "changed"
        assert set(said["tags"]) <= {"search", "bootstrap"}
        assert 0 <= said["spread_ms"] <= 10_000
        assert int(place) > 0


async def test_home_is_named_whenever_a_section_of_it_has_changed(
    hear: Any, app: FastAPI, purge: Any
) -> None:
    declared: Declarations = app.state.runtime.part(Declarations)
    async with hear() as reader:
        declared.tell("demo", [Section("demo", 1, "demo", nothing, tags=("provider:demo",))], [])
        told: list[str] = []
        while "menus" not in told:
            told = (await reader.next())[1]["tags"]
        assert {"home", "menus"} <= set(told)
        await purge("provider:demo")
        assert (await reader.next())[1]["tags"] == ["home"]
        declared.forget("demo")
        assert "home" in (await reader.next())[1]["tags"]


async def nothing(wanted: Wanted, seconds: float) -> Part:
    """What a section shows that nobody reads."""
    return Part("unavailable")


async def test_a_storm_of_purges_is_a_message_a_second_at_most(hear: Any, crier: Crier) -> None:
    async with hear() as reader:
        for number in range(50):
            crier.hear(["menus", "search"] if number % 2 else ["bootstrap"])
            await asyncio.sleep(0.01)
        told = 0
        with pytest.raises(TimeoutError):
            while True:
                assert (await reader.next(1.3))[0] == "changed"
                told += 1
    assert 1 <= told <= 3


async def test_who_comes_back_hears_what_was_told_meanwhile_once_for_each_thing(
    hear: Any, desk: Any, purge: Any, clock: ManualClock
) -> None:
    clock.advance(timedelta(minutes=1))  # what was told within five seconds is told again
    async with hear() as reader:
        place = await first_place(reader)
        clock.advance(timedelta(minutes=1))
        await desk("POST", ends=30)
        await notices(reader, 1)
        await purge("menus", "search")
        while "search" not in (await reader.next())[1]["tags"]:
            continue
    for headers, query in ((None, {"last_event_id": place}), ({"Last-Event-ID": place}, {})):
        async with hear(headers, **query) as again:
            heard = [await again.next() for _ in range(2)]
            assert [event for event, _, _ in heard] == ["notice", "changed"]
            assert {"menus", "search"} <= set(heard[1][1]["tags"])
            with pytest.raises(TimeoutError):
                await again.next(0.3)


async def test_who_comes_back_with_a_strange_place_reads_everything_anew(hear: Any) -> None:
    for place in ("1", "-1", "x", "9" * 18, "9" * 30):
        async with hear(last_event_id=place) as reader:
            assert (await reader.next())[0] == "reload", place


async def test_after_a_gap_everybody_reads_everything_anew(hear: Any, app: FastAPI) -> None:
    async with hear() as reader:
        place = await first_place(reader)
        app.state.runtime.bus.gone = asyncio.Event()  # as a connection made anew has its own
        event, said, _ = await reader.next()
        assert (event, list(said)) == ("reload", ["spread_ms"])
    async with hear(last_event_id=place) as reader:
        assert (await reader.next())[0] == "reload"


async def test_head_is_answered_at_once_and_takes_no_place(client: AsyncClient, square: Square) -> None:
    answer = await client.head("/v1/stream", timeout=2)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    await until(lambda: square.open == 0)


async def test_an_expired_token_is_no_hindrance(hear: Any, signed_in: Any, clock: ManualClock) -> None:
    stale = signed_in(str(new_id()), seconds=1)
    clock.advance(timedelta(seconds=60))
    async with hear(stale) as reader:
        assert reader.answer.status_code == 200


async def test_an_address_has_some_places_and_a_worker_too(app: FastAPI, hear: Any, square: Square) -> None:
    for small in (Square(places=10, per_person=2), Square(places=2, per_person=10)):
        app.state.runtime.parts[Square] = small
        async with hear() as first, hear():
            async with hear() as third:
                assert third.answer.status_code == 503
                assert third.answer.headers["retry-after"] == "5"
            assert first.answer.status_code == 200
        await emptied(small)
        async with hear() as again:
            assert again.answer.status_code == 200
    app.state.runtime.parts[Square] = square


async def test_all_share_one_byte_string(hear: Any, square: Square, crier: Crier) -> None:
    await until(lambda: square.open == 0)
    async with hear(), hear():
        await until(lambda: square.open == 2)
        crier.hear(["menus"])
        taken = [listener.take for listener in square.everybody()]
        for listener in square.everybody():
            listener.woken = asyncio.Event()  # nobody reads: what was given stays
        await asyncio.sleep(0)
        await until(lambda: all(listener.woken.is_set() for listener in square.everybody()))
        first, second = (take() for take in taken)
        assert first.startswith(b"id: ")
        assert first is second


async def test_a_silent_stream_gets_comments_and_ends_with_the_process(
    app: FastAPI, hear: Any, square: Square
) -> None:
    square.beat_seconds = 0.05
    async with hear() as reader:
        with pytest.raises(TimeoutError):
            await reader.next(0.5)
        assert reader.comments >= 5
        app.state.runtime.begin_stop()
        event, data, _ = await reader.next(2)
        assert (event, data["after_ms"]) == ("reconnect", reader.retry)
        assert await reader.ended(2)
