"""Sources are visited, whatever they do, and what they say is kept once."""

import asyncio
import multiprocessing
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from shared import pending
from shared.clock import ManualClock
from shared.testing import Keys, in_process, served
from svc_news.app import create_app
from svc_news.collecting import usecases as collecting
from svc_news.fetching.client import Fetcher, Limits
from svc_news.settings import NewsSettings
from tests.svc_news import hostile
from tests.svc_news.hostile import Outside, outside, redirect
from tests.svc_news.wire import Wire, empty, feed

SOURCES = int(os.environ.get("SOURCES") or 40)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., NewsSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """The service with a database of its own, that may fetch from this machine."""
    settings = settings_for(NewsSettings, databases.new("svc_news"), fetch_from_test_addresses=("127.0.0.1",))
    made = create_app(settings, clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def wire(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Wire]:
    """A wire without sources."""
    await empty(app.state.runtime)
    async with in_process(app) as client:
        yield Wire(app, client, keys, clock)


@pytest.fixture
async def server() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


async def test_what_a_source_says_is_shown_with_its_name_and_link(wire: Wire, server: Outside) -> None:
    now = wire.clock.now()
    await wire.add(
        server.page("/", feed("Pasar dibuka", "Jalan ditutup", at=now)), tags=["pasar"], district="36.71.01"
    )
    assert await wire.round() == 1
    first, second = await wire.listed()
    assert [first["title"], second["title"]] == ["Pasar dibuka", "Jalan ditutup"]
    assert first["excerpt"] == "Tentang Pasar dibuka"
    assert first["link"].startswith("https://kota.example/")
    assert first["published_at"] == "2026-02-02T09:00:00+07:00"
    assert (first["publisher"]["name"], first["publisher"]["attribution"]) == ("Kota", "© kota")
    assert (first["district"]["code"], first["tags"], first["also_at"]) == ("36.71.01", ["pasar"], [])
    managed = await wire.managed()
    assert (managed["state"]["code"], managed["items_taken"], managed["last_error"]) == ("ok", 2, None)
    assert await wire.round() == 0
    assert "tangerang-city-news/1.0 (+http" in server.headers["/"]["user-agent"]
    assert "https://tangerangkota.go.id" in server.headers["/"]["user-agent"]


async def test_twice_the_same_is_once_and_what_changed_is_mended(wire: Wire, server: Outside) -> None:
    now = wire.clock.now()
    await wire.add(server.page("/", feed("Satu", "Dua", at=now)))
    await wire.round()
    before = await wire.listed()
    server.page("/", feed("Satu", "Dua", at=now + DAY))  # the dates say "now", as in many feeds
    await wire.next_round()
    assert await wire.listed() == before
    assert len(await wire.events("tags_purged.v1")) == 2  # the new source, and its first items
    server.page("/", feed("Satu", at=now, about="Diperbarui"))
    await wire.next_round()
    after = await wire.listed()
    assert [(item["id"], item["published_at"]) for item in after] == [
        (item["id"], item["published_at"]) for item in before
    ]
    assert after[0]["excerpt"] == "Diperbarui"
    assert len(await wire.events("tags_purged.v1")) == 3


async def test_nothing_is_fetched_again_that_has_not_changed(wire: Wire, server: Outside) -> None:
    await wire.add(server.page("/", feed("Satu"), ETag='"v1"', Last_Modified="Mon, 02 Feb 2026 02:10:00 GMT"))
    await wire.round()
    server.page("/", "", "304 Not Modified")
    await wire.next_round()
    assert server.headers["/"]["if-none-match"] == '"v1"'
    assert await wire.titles() == ["Satu"]
    managed = await wire.managed()
    assert (managed["state"]["code"], managed["failures"], managed["items_taken"]) == ("ok", 0, 1)


async def test_a_broken_source_is_shown_to_ops_and_empties_nothing(wire: Wire, server: Outside) -> None:
    await wire.add(server.page("/", feed("Satu")), interval_minutes=15)
    await wire.add(server.page("/fine", feed("Dua")), "lain")
    await wire.round()
    server.page("/", "<html>oops</html>")
    pauses = []
    for _ in range(9):
        await wire.next_round()
        managed = await wire.managed()
        pauses.append(managed["next_attempt_at"])
    assert sorted(await wire.titles()) == ["Dua", "Satu"]
    assert (managed["state"]["code"], managed["failures"]) == ("failing", 9)
    assert managed["last_error"]["code"] == "not_a_feed"
    assert "RSS, Atom, atau JSON Feed" in managed["last_error"]["label"]
    await collecting.measure(wire.run)
    exposed = wire.run.metrics.exposition().decode()
    assert 'city_news_sources{state="failing"} 1.0' in exposed
    assert 'city_news_visits_total{outcome="not_a_feed"}' in exposed
    assert wire.run.part(collecting.Collector).troubles() == []
    server.page("/", feed("Baru"))
    await wire.next_round()
    assert (await wire.managed())["state"]["code"] == "ok"
    assert sorted(await wire.titles()) == ["Baru", "Dua", "Satu"]


async def test_only_when_most_sources_fail_the_service_is_degraded(wire: Wire, server: Outside) -> None:
    for n in range(5):
        await wire.add(server.url(f"/{n}"), f"s-{n}")
    server.page("/0", feed("Satu"))
    for n in (3, 4):
        server.page(f"/{n}", feed("Dua"))
    for _ in range(3):
        await wire.next_round()
    await collecting.measure(wire.run)
    assert wire.run.part(collecting.Collector).troubles() == []
    server.answers.pop("/3")
    for _ in range(3):
        await wire.next_round()
    await collecting.measure(wire.run)
    assert wire.run.part(collecting.Collector).troubles() == ["most news sources do not answer"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (hostile.endless, "too_large"),
        (hostile.bomb, "too_large"),
        (hostile.hang, "timeout"),
        (hostile.trickle, "timeout"),
        (redirect(lambda path: f"{path}x"), "too_many_redirects"),
        (redirect(lambda _: "http://10.0.0.1/"), "refused_address"),
    ],
    ids=["endless", "bomb", "hang", "trickle", "redirects", "inside"],
)
async def test_what_a_hostile_source_did_is_said_in_words(
    wire: Wire, server: Outside, answer: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetcher: Fetcher = wire.run.part(Fetcher)
    if code == "timeout":
        monkeypatch.setattr(fetcher, "limits", Limits(total=0.5))
    server.answers["/"] = answer
    for n in range(9):
        server.answers[f"/{'x' * n}"] = answer
    await wire.add(server.url("/"))
    await wire.round()
    managed = await wire.managed()
    assert (managed["last_error"]["code"], managed["failures"], await wire.count()) == (code, 1, 0)
    assert not managed["last_error"]["label"].startswith("source_error")


async def test_a_billion_laughs_are_not_laughed(wire: Wire, server: Outside) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    await wire.add(server.page("/", f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>{feed("&l9;")[38:]}'))
    await wire.round()
    assert (await wire.managed())["last_error"]["code"] == "dtd"


async def test_gone_switches_a_source_off_and_says_so(wire: Wire, server: Outside) -> None:
    await wire.add(server.page("/", feed("Satu")))
    await wire.round()
    server.page("/", "", "410 Gone")
    await wire.next_round()
    managed = await wire.managed()
    assert (managed["active"], managed["state"]["code"], managed["next_attempt_at"]) == (False, "off", None)
    assert managed["last_error"]["code"] == "gone"
    assert "news:sources" in (await wire.events("tags_purged.v1"))[-1].data["tags"]
    assert await wire.next_round() == 0
    assert await wire.titles() == ["Satu"]
    server.page("/new", feed("Dua"))
    assert (await wire.change("kota", url=server.url("/new"), active=True))["last_error"] is None
    assert await wire.round() == 1
    assert await wire.titles() == ["Dua", "Satu"]


async def test_a_server_is_left_alone_as_long_as_it_asks_and_longer_each_time(
    wire: Wire, server: Outside
) -> None:
    await wire.add(server.page("/", "", "429 x", Retry_After="7200"), interval_minutes=15)
    await wire.round()
    assert await wire.round(timedelta(seconds=7_100)) == 0
    assert await wire.round(timedelta(seconds=200)) == 1
    server.page("/", "", "503 x")
    waited = []
    for _ in range(8):
        await wire.next_round()
        async with wire.run.database.transaction() as session:
            due = await session.scalar(text("SELECT next_attempt_at FROM sources"))
        waited.append((due - wire.clock.now()) / timedelta(minutes=15))
    for n, each in enumerate(waited):
        assert min(2 ** (n + 2), 96) <= each <= min(2 ** (n + 2) * 1.25, 96)


async def test_an_address_that_moved_for_good_is_named(wire: Wire, server: Outside) -> None:
    server.answers["/"] = redirect(lambda _: "/new", 301)
    await wire.add(server.url("/"))
    server.page("/new", feed("Satu"))
    await wire.round()
    assert (await wire.managed())["moved_to"] == server.url("/new")


def headlines(n: int) -> list[str]:
    """Twenty of one publisher; two of them every publisher tells."""
    chance = random.Random(n)

    def word() -> str:
        return "".join(chance.choice("bcdgjklmnprst") + chance.choice("aeiou") for _ in range(3))

    own = [" ".join([*(word() for _ in range(6)), "kota", "tangerang"]) for _ in range(18)]
    return [
        *own,
        "Wali kota membuka pasar malam di alun-alun",
        "Hujan lebat merendam tiga kecamatan pagi ini",
    ]


async def test_one_that_hangs_holds_up_none_of_the_others(wire: Wire, server: Outside) -> None:
    """SOURCES=200 for the whole size, with the real 15 seconds: all of them in less than a minute."""
    released = asyncio.Event()

    async def hang(*_: Any) -> None:
        await released.wait()

    for n in range(SOURCES):
        server.page(f"/{n}", feed(*headlines(n), at=wire.clock.now()))
        await wire.add(server.url(f"/{n}"), f"s-{n}")
    server.answers["/3"] = hang if SOURCES < 200 else hostile.hang
    began = time.monotonic()
    under_way = asyncio.create_task(wire.round())
    while await wire.count() < (SOURCES - 1) * 20:
        await asyncio.sleep(0.05)
    assert not under_way.done() or SOURCES >= 200
    others = time.monotonic() - began
    released.set()
    assert await under_way == SOURCES
    took = time.monotonic() - began
    print(f"\n  {SOURCES} sources: all but the one that hangs {others:.1f} s, with it {took:.1f} s")
    assert SOURCES < 200 or took < 60
    assert (await wire.managed("s-3"))["failures"] == 1
    assert server.asked.total() == SOURCES
    assert server.most_open <= 16


async def test_what_nobody_foresaw_is_a_failure_of_that_source_and_the_others_go_on(
    wire: Wire, server: Outside, databases: Any
) -> None:
    """Here the database itself refuses one item."""
    owner = await asyncpg.connect(databases.owner_url(wire.run.settings.database_url.get_secret_value()))
    await owner.execute("ALTER TABLE collected_items ADD CONSTRAINT poison CHECK (title <> 'Racun')")
    try:
        for n in range(5):
            titles = ("Baik", "Racun") if n == 2 else (f"Berita sendiri nomor {n}",)
            await wire.add(server.page(f"/{n}", feed(*titles, at=wire.clock.now())), f"s-{n}")
        with capture_logs() as logged:
            assert await wire.round() == 5
    finally:
        await owner.execute("ALTER TABLE collected_items DROP CONSTRAINT poison")
        await owner.close()
    assert await wire.count() == 4
    managed = await wire.managed("s-2")
    assert (managed["last_error"]["code"], managed["failures"]) == ("unforeseen", 1)
    assert [each["source"] for each in logged if each["event"] == "source_unforeseen"] == ["s-2"]
    assert await wire.round() == 0
    await wire.next_round()
    assert (await wire.managed("s-2"))["items_taken"] == 2


async def test_several_processes_visit_each_source_once(
    wire: Wire, server: Outside, settings_for: Callable[..., NewsSettings]
) -> None:
    for n in range(12):
        await wire.add(server.page(f"/{n}", feed("Sama", at=wire.clock.now())), f"s-{n}")
    other = create_app(wire.run.settings, wire.clock).state.runtime
    visited = await asyncio.gather(wire.round(), collecting.collect_due(other))
    await other.database.close()
    assert sum(visited) == 12
    assert set(server.asked.values()) == {1}
    (story,) = await wire.listed()
    assert len(story["also_at"]) == 11


async def test_a_running_service_collects_by_itself(wire: Wire, server: Outside) -> None:
    await wire.add(server.page("/", feed("Satu", at=wire.clock.now())))
    other = create_app(wire.run.settings, wire.clock)
    async with served(other):
        while not await wire.count() or (await wire.managed())["state"]["code"] != "ok":
            await asyncio.sleep(0.05)


async def test_what_was_asked_of_an_old_address_is_dropped(wire: Wire, server: Outside) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(_: Outside, __: str, ___: Any, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await answer.wait()
        body = feed("Lama")
        writer.write(f'HTTP/1.1 200 OK\r\nETag: "old"\r\nContent-Length: {len(body)}\r\n\r\n{body}'.encode())

    server.answers["/"] = slow
    await wire.add(server.url("/"))
    under_way = asyncio.create_task(wire.round())
    await asked.wait()
    await wire.change("kota", url=server.page("/new", feed("Baru")))
    answer.set()
    assert await under_way == 2  # the new address was due at once
    assert await wire.titles() == ["Baru"]
    assert "if-none-match" not in server.headers["/new"]


def _collect_and_stop(settings: NewsSettings, now: Any) -> None:
    """In a process of its own: waits to be killed when all is written and nothing is committed."""

    async def work() -> None:
        run = create_app(settings, ManualClock(now)).state.runtime
        take_in = collecting.take_in

        async def stop(session: Any, *given: Any) -> int:
            await take_in(session, *given)
            await session.flush()
            await pending.write(session)
            await asyncio.to_thread(signal.pause)
            return 0

        collecting.take_in = stop
        await collecting.collect_due(run)

    asyncio.run(work())


async def test_killed_in_the_middle_a_source_s_items_are_all_there_or_none(
    wire: Wire, server: Outside
) -> None:
    """So are their events: nothing of them is lost or told twice, with no broker there at all."""
    page = server.page("/", feed(*(f"Berita {n}" for n in range(50)), at=wire.clock.now()))
    await wire.add(page, kind="agency")
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_collect_and_stop, args=(wire.run.settings, wire.clock.now()))
    process.start()
    try:
        async with asyncio.timeout(60):
            while not await _written_by_another(wire):
                assert process.is_alive()
                await asyncio.sleep(0.05)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
    assert (await wire.count(), await wire.events("document_published.v1")) == (0, [])
    assert await wire.round() == 0  # it is still the dead one's
    assert await wire.round(timedelta(minutes=2)) == 1
    assert (await wire.count(), (await wire.managed())["items_taken"]) == (50, 50)
    assert await wire.next_round() == 1
    assert await wire.count() == 50
    told = await wire.events("document_published.v1")
    assert (len(told), len({row.entity_id for row in told})) == (50, 50)


async def _written_by_another(wire: Wire) -> bool:
    """Whether somebody's transaction, which does nothing now, has written items."""
    waits = "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)"
    waits += " WHERE a.state = 'idle in transaction' AND l.relation = 'collected_items'::regclass"
    waits += " AND l.mode = 'RowExclusiveLock'"
    async with wire.run.database.connection() as connection:
        return bool(await connection.scalar(text(waits)))
