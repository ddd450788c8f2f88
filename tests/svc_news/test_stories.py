"""What several publishers tell is one story; lists by keyset; agencies' items in the search; ninety days."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from shared.auth import Caller
from shared.clock import ManualClock
from shared.contracts.city import DocumentPublishedV1
from shared.testing import Keys, QueryRecorder, in_process
from svc_news.app import create_app
from svc_news.collected.rules import Item, nearby_marks, same_story, story_marks, story_words
from svc_news.collected.usecases import forget_old, take_in
from svc_news.settings import NewsSettings
from svc_news.sources.models import Source
from tests.svc_news.hostile import Outside, outside
from tests.svc_news.wire import Wire, empty, feed

DAY = timedelta(days=1)
NOW = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
FLOOD = "Banjir di Periuk surut, warga kembali ke rumah"
FLOOD_TOO = "Banjir Periuk Surut, Warga Kembali ke Rumah - Kabar Banten"


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., NewsSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    settings = settings_for(NewsSettings, databases.new("svc_news"), fetch_from_test_addresses=("127.0.0.1",))
    made = create_app(settings, clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def wire(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Wire]:
    await empty(app.state.runtime)
    async with in_process(app) as client:
        yield Wire(app, client, keys, clock)


@pytest.fixture
async def server() -> AsyncIterator[Outside]:
    async with outside() as made:
        yield made


@pytest.mark.parametrize(
    ("one", "other", "hours", "same"),
    [
        (FLOOD, FLOOD, 0, True),
        (FLOOD, FLOOD.upper(), 47, True),
        (FLOOD, FLOOD_TOO, 1, True),
        (FLOOD, FLOOD, 49, False),
        (FLOOD, "Banjir di Periuk belum surut, warga kembali ke rumah", 1, False),
        (FLOOD, "Pasar Anyar dibuka wali kota pagi ini", 1, False),
        ("Harga beras naik 5 persen pekan ini", "Harga beras naik 10 persen pekan ini", 1, False),
        (
            "Persikota menang 2-1 atas Persita di Benteng",
            "Persita menang 1-2 atas Persikota di Benteng",
            1,
            False,
        ),
        ("Harga beras naik", "Harga beras turun", 1, False),
        ("Harga beras naik", "Harga Beras Naik!", 1, True),
        ("Wali Kota resmikan Pasar Anyar yang baru", "Pasar Anyar yang baru diresmikan Wali Kota", 1, True),
        ("Konser di alun-alun batal digelar malam ini", "Konser di alun-alun digelar malam ini", 1, False),
        ("", "", 0, False),
        ("!!!", "???", 0, False),
    ],
)
def test_two_headlines_tell_the_same_story_or_not(one: str, other: str, hours: int, same: bool) -> None:
    for first, second in ((one, other), (other, one)):
        found = same_story(story_words(first), story_words(second), NOW, NOW + timedelta(hours=hours))
        assert found is same


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_the_same_from_both_sides_and_no_title_breaks_it(one: str, other: str) -> None:
    first, second = story_words(one), story_words(other)
    assert same_story(first, second, NOW, NOW) == same_story(second, first, NOW, NOW)
    assert same_story(first, first, NOW, NOW) == bool(first)


SOME_WORDS = st.lists(
    st.sampled_from([*"abcdefghij", "kota", "tangerang", "tidak", "12", "banjir"]), max_size=12
)


@given(SOME_WORDS, SOME_WORDS, st.integers(-50, 50))
def test_stories_that_are_the_same_have_a_mark_in_common(
    one: list[str], other: list[str], hours: int
) -> None:
    first, second = story_words(" ".join(one)), story_words(" ".join(other))
    then = NOW + timedelta(hours=hours)
    if same_story(first, second, NOW, then):
        assert set(story_marks(first, NOW)) & set(nearby_marks(second, then))


async def three_tell(wire: Wire, server: Outside) -> None:
    """An agency, then two of the press; each has something of its own."""
    now = wire.clock.now()
    more: list[dict[str, Any]] = [
        {"kind": "agency", "tags": ["banjir"], "district": "36.71.01"},
        {"tags": ["banjir", "pers"]},
        {"tags": ["pers"], "district": "36.71.02"},
    ]
    for n, title in enumerate((FLOOD, FLOOD_TOO, FLOOD)):
        await wire.add(
            server.page(f"/{n}", feed(title, f"Berita sendiri {'abc'[n]}", at=now)), f"s-{n}", **more[n]
        )
        await wire.round()


async def test_a_story_that_three_tell_is_listed_once_with_the_others_beside_it(
    wire: Wire, server: Outside
) -> None:
    await three_tell(wire, server)
    items = await wire.listed()
    assert len(items) == 4
    (flood,) = [item for item in items if item["title"] == FLOOD]
    assert flood["publisher"]["code"] == "s-0"
    assert [(each["source"], each["title"]) for each in flood["also_at"]] == [
        ("s-1", FLOOD_TOO),
        ("s-2", FLOOD),
    ]


async def test_one_publisher_s_own_headlines_are_never_one_story(wire: Wire, server: Outside) -> None:
    now = wire.clock.now()
    page = feed("Prakiraan cuaca Kota Tangerang hari ini", at=now)
    twice = page.replace("</channel>", page[page.index("<item>") : page.index("</channel>")] + "</channel>")
    twice = twice.replace('">Prakiraan', '">lain', 1).replace("kota.example/", "kota.example/x", 2)
    await wire.add(server.page("/", twice), "a")
    await wire.add(server.page("/b", twice), "b")
    await wire.round()
    items = await wire.listed()
    assert [len(item["also_at"]) for item in items] == [1, 1]


@pytest.mark.parametrize(
    ("query", "stories", "publishers"),
    [
        ("source=s-1", 2, {"s-1"}),
        ("tag=banjir", 3, {"s-0", "s-1"}),
        ("tag=pers", 3, {"s-1", "s-2"}),
        ("district=36.71.02", 2, {"s-2"}),
        ("district=36.71.01&tag=pers", 0, set()),
        ("source=nobody", 0, set()),
        ("source=s-1&tag=banjir&limit=1", 2, {"s-1"}),
    ],
)
async def test_the_list_is_narrowed_to_sources_districts_and_tags(
    wire: Wire, server: Outside, query: str, stories: int, publishers: set[str]
) -> None:
    """Narrowed, a story is told by the first of those that are left, once."""
    await three_tell(wire, server)
    items = await wire.listed(query)
    assert len(items) == stories
    assert {item["publisher"]["code"] for item in items} == publishers
    if stories:
        (flood,) = [item for item in items if item["also_at"]]
        assert len(flood["also_at"]) == 2


async def test_pages_follow_each_other_and_a_cursor_is_for_its_own_list(wire: Wire, server: Outside) -> None:
    now = wire.clock.now()
    for n in range(2):
        titles = [f"Berita {n} nomor {k}" for k in range(30)]
        await wire.add(server.page(f"/{n}", feed(*titles, at=now)), f"s-{n}", tags=["x"])
    await wire.round()
    for query in ("", "tag=x", "source=s-0"):
        whole = await wire.listed(f"{query}&limit=100")
        assert await wire.listed(f"{query}&limit=7") == whole
        assert [i["published_at"] for i in whole] == sorted((i["published_at"] for i in whole), reverse=True)
        assert len(whole) == (30 if "source" in query else 60)
    first = (await wire.call("GET", "/collected?limit=1")).json()["next"]
    for path in (f"/collected?tag=x&cursor={first}", "/collected?cursor=abc"):
        answer = await wire.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    for path in (
        "/collected?district=99",
        "/collected?limit=101",
        "/collected?tag=%00",
        "/collected?source=a%20b",
    ):
        assert (await wire.call("GET", path)).status_code == 422


async def test_a_page_costs_two_statements_however_long_it_is(wire: Wire, server: Outside) -> None:
    await three_tell(wire, server)
    for query in ("", "tag=pers", "district=36.71.01"):
        with QueryRecorder().on(wire.run.database) as queries:
            await wire.call("GET", f"/collected?{query}")
        assert len(queries) == 2, queries.statements


async def test_what_an_agency_says_is_found_by_search_and_what_the_press_says_is_not(
    wire: Wire, server: Outside
) -> None:
    await three_tell(wire, server)
    told = await wire.events("document_published.v1")
    assert {row.data["kind"] for row in told} == {"news_collected"}
    said = DocumentPublishedV1.model_validate(told[0].data)
    assert (said.title["id"], said.area) == (FLOOD, "36.71.01")
    assert said.url.startswith("https://kota.example/")
    assert said.expires_at == said.published_at + 90 * DAY
    server.page("/0", feed(FLOOD, at=wire.clock.now(), about="Diperbarui"))
    await wire.next_round()
    again = await wire.events("document_published.v1")
    assert len(again) == len(told) + 1
    assert (again[-1].entity_id, again[-1].entity_version) == (said.id, 2)
    system = Caller(kind="system", sub="gateway")
    headers = wire.keys.identity(system, "svc-news", wire.clock.now())
    answer = await wire.client.get("/internal/snapshots/documents", headers=headers)
    newest = {row.entity_id: (row.entity_version, row.data) for row in again}
    items = {item["id"]: (item["version"], item["data"]) for item in answer.json()["items"]}
    assert items == newest
    paged = await wire.client.get("/internal/snapshots/documents?limit=1", headers=headers)
    assert paged.json()["next"] == min(newest)


async def test_after_ninety_days_items_leave_and_their_stories_go_on_without_them(
    wire: Wire, server: Outside
) -> None:
    now = wire.clock.now()
    await wire.add(server.page("/0", feed(FLOOD, "Lama sekali", at=now)), "s-0", kind="agency")
    await wire.round()
    await wire.add(server.page("/1", feed(FLOOD_TOO, at=now + DAY)), "s-1")
    await wire.round(DAY)
    await wire.add(server.page("/2", feed(FLOOD_TOO, "Baru", at=now + DAY)), "s-2")
    await wire.round()
    for source in ("s-0", "s-1", "s-2"):
        await wire.change(source, active=False)
    wire.clock.advance(89 * DAY + timedelta(seconds=1))
    assert (await wire.titles(), await wire.count()) == (["Baru"], 5)
    await wire.run.forget(forget_old)
    assert await wire.count() == 3
    (flood, _) = sorted(await wire.listed(), key=lambda item: item["title"] == "Baru")
    assert (flood["publisher"]["code"], [each["source"] for each in flood["also_at"]]) == ("s-1", ["s-2"])
    assert len(await wire.events("document_withdrawn.v1")) == 2
    wire.clock.advance(DAY)
    await wire.run.forget(forget_old)
    assert await wire.count() == 0


async def test_a_story_whose_first_item_goes_while_another_joins_it_is_listed_still(
    wire: Wire, server: Outside
) -> None:
    now = wire.clock.now()
    await wire.add(server.page("/0", feed(FLOOD, at=now)), "s-0")
    await wire.round()
    await wire.change("s-0", active=False)
    await wire.add(server.page("/1", feed(FLOOD_TOO, at=now + DAY)), "s-1")
    wire.clock.advance(90 * DAY + timedelta(seconds=1))
    later = wire.clock.now()
    async with wire.run.database.transaction() as session:
        source = (await session.scalars(select(Source).where(Source.code == "s-1"))).one()
        item = Item("k", FLOOD_TOO, "", "https://kota.example/", now + DAY)
        await take_in(session, source, [item], later)
        forgetting = asyncio.create_task(wire.run.forget(forget_old))
        done, _ = await asyncio.wait([forgetting], timeout=0.3)
        assert not done
    await forgetting
    assert (await wire.count(), await wire.titles()) == (1, [FLOOD_TOO])


async def test_what_is_old_is_not_taken_and_what_has_no_date_does_not_come_back(
    wire: Wire, server: Outside
) -> None:
    now = wire.clock.now()
    old = feed("Sangat lama", at=now - 91 * DAY)
    await wire.add(server.page("/old", old), "old")
    await wire.add(server.page("/undated", feed("Tanpa tanggal")), "undated")
    await wire.round()
    assert await wire.titles() == ["Tanpa tanggal"]
    (item,) = await wire.listed()
    assert (item["dated"], datetime.fromisoformat(item["published_at"])) == (False, now)
    for days in (40, 48, 4, 2):
        await wire.round(days * DAY)
        await wire.run.forget(forget_old)
    assert (await wire.titles(), await wire.count()) == ([], 1)
    await wire.change("undated", active=False)
    wire.clock.advance(4 * DAY)
    await wire.run.forget(forget_old)
    assert await wire.count() == 0


async def test_likeness_never_walks_what_was_not_sorted_in_yet(wire: Wire) -> None:
    """With GIN's waiting list 200 sources took 35 s instead of 4."""
    async with wire.run.database.transaction() as session:
        found = text("SELECT reloptions FROM pg_class WHERE relname = 'ix_collected_items_marks'")
        assert (await session.scalar(found)) == ["fastupdate=off"]
