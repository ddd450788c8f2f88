"""A service that is gone, slow, broken or lying: the last answer stands in, and says so; then all heals."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from shared.errors import Internal

BRIEF = "/brief"


async def fail() -> None:
    raise Internal


async def hang() -> None:
    await asyncio.sleep(30)


async def heals(town: Any, path: str = "/list") -> None:
    """Until the service's own answers come through again."""
    async with asyncio.timeout(10):
        while (await town.get(path)).headers.get("x-cache") not in ("hit", "revalidated", "miss"):
            await asyncio.sleep(0.05)


async def is_stale(town: Any, path: str = "/list") -> None:
    answer = await town.get(path)
    assert (answer.status_code, answer.headers["x-cache"]) == (200, "stale"), answer.text
    assert "ditutup" in answer.text
    assert answer.headers["age"].isdigit()


@pytest.mark.parametrize("trouble", [fail, hang])
async def test_a_service_that_fails_or_hangs_is_stood_in_for_and_heals(
    town: Any, trouble: Callable[..., Any]
) -> None:
    await town.get(BRIEF)
    town.desk.before = trouble
    town.kept.purge(["news"])
    await is_stale(town, BRIEF)
    asked, begun = len(town.desk.asked), time.monotonic()
    for _ in range(10):
        await is_stale(town, BRIEF)
    seconds = time.monotonic() - begun
    assert len(town.desk.asked) <= asked + 1 + seconds  # asked once a second: nobody else waits for it
    town.desk.before = None
    await heals(town, BRIEF)
    assert town.metric("city_cache_requests_total", route="/v1/news/brief", outcome="stale") >= 11


async def test_a_service_that_is_stopped_is_stood_in_for_and_heals(town: Any) -> None:
    await town.get()
    await town.shut()
    town.kept.purge(["news"])
    for _ in range(40):  # the breaker opens on the way
        await is_stale(town)
    assert (await town.get("/pages/never-read")).status_code == 503
    await town.open()
    await heals(town)


@asynccontextmanager
async def liar(port: int, answer: bytes) -> AsyncIterator[None]:
    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
                await writer.drain()
                writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(lie, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nCache-Control: public\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad",
    ],
)
async def test_garbage_is_never_kept_and_never_given_while_there_is_an_answer(
    town: Any, answer: bytes
) -> None:
    await town.get()
    await town.shut()
    town.kept.purge(["news"])
    async with liar(town.port, answer):
        await is_stale(town)
        assert (await town.get("/pages/never-read")).status_code in (502, 503)
    await town.open()
    await heals(town)
    await heals(town, "/pages/never-read")


async def test_an_expired_answer_is_given_while_it_is_asked_for_anew(town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(town.kept.flights, "seconds", 0.05)
    first = await town.get()
    await asyncio.sleep(0.1)
    town.desk.text = "Jalan dibuka"
    second = await town.get()
    assert (second.headers["x-cache"], second.text) == ("stale", first.text)
    async with asyncio.timeout(5):
        while "dibuka" not in (await town.get()).text:
            await asyncio.sleep(0.01)


async def test_an_answer_says_itself_how_long_it_lasts(town: Any) -> None:
    town.desk.headers = {"Cache-Control": "public, max-age=0"}
    seen = [(await town.get()).headers["x-cache"] for _ in range(3)]
    assert seen == ["miss", "revalidated", "revalidated"]


async def test_no_answer_stands_in_for_longer_than_it_may(town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(town.kept.flights, "stale_seconds", 0.05)
    await town.get()
    town.desk.before = fail
    town.kept.purge(["news"])
    await asyncio.sleep(0.1)
    assert (await town.get()).status_code == 500
