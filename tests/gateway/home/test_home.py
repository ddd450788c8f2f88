"""What home shows: the sections of all services in their order, for a guest, by place and language."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from pydantic import BaseModel

from gateway.bootstrap.schemas import BootstrapOut
from gateway.edge.answers import Answers
from gateway.home.schemas import HomeOut
from gateway.menus.schemas import MenusOut
from tests.gateway.home.conftest import Stand, Town, offer

MONUMENT = "?lat=-6.1783&lon=106.6319"
BANDUNG = "?lat=-6.9175&lon=107.6191"


async def test_home_has_the_sections_of_all_services_in_the_declared_order(town: Town) -> None:
    body = (await town.home()).json()
    assert [s["name"] for s in body["sections"]] == ["reports", "prices", "news", "events"]
    assert body["area"] is None
    prices = body["sections"][1]
    assert {name: prices[name] for name in ("title", "status", "menu", "more")} == {
        "title": "Harga hari ini", "status": "ok", "menu": "prices", "more": False,
    }  # fmt: skip
    assert [item["id"] for item in prices["items"]] == ["demo-0", "demo-1", "demo-2"]
    assert prices["as_of"].startswith("20")


async def test_a_section_asks_for_five_items_and_sends_only_parameters_its_operation_declares(
    town: Town,
) -> None:
    town.stands["prices"].count = 9
    await town.reread("prices")
    found = await town.sections(MONUMENT)
    assert [query for _, query, _ in town.stands["prices"].asked] == [{"limit": "5"}]
    assert len(found["prices"]["items"]) == 5


async def test_a_place_is_taken_for_its_village_and_never_sent_on_as_it_is(town: Town) -> None:
    answer = await town.home(MONUMENT)
    area = answer.json()["area"]
    village = town.run.city.areas.find(area["code"])
    path, query, _ = town.stands["laksa"].asked[-1]
    assert path == "/v1/laksa/near"
    assert query == {"limit": "5", "lat": str(village.lat), "lon": str(village.lon), "radius_m": "1500"}
    neighbour = await town.home("?lat=-6.1784&lon=106.6320")
    assert neighbour.content == answer.content
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("query", ["", BANDUNG])
async def test_without_a_place_in_the_city_the_newest_are_shown_instead_of_the_nearest(
    town: Town, query: str
) -> None:
    body = (await town.home(query)).json()
    assert body["area"] is None
    assert {item["of"] for item in body["sections"][0]["items"]} == {"/v1/laksa/all"}


@pytest.mark.parametrize("query", ["?lat=-6.17", "?lon=106.6", "?lat=91&lon=106", "?lat=nan&lon=1"])
async def test_half_a_place_is_refused(town: Town, query: str) -> None:
    answer = await town.http.get(f"/v1/home{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_everything_is_told_in_the_language_of_the_reader(town: Town) -> None:
    answer = await town.home(Accept_Language="en-GB")
    sections = answer.json()["sections"]
    assert answer.headers["content-language"] == "en"
    assert [s["title"] for s in sections] == ["Reports nearby", "Today's prices", "News", "Events"]
    assert {item["language"] for s in sections for item in s["items"]} == {"en"}
    again = (await town.home(Accept_Language="id")).json()["sections"]
    assert {item["language"] for s in again for item in s["items"]} == {"id"}


async def test_a_section_is_cut_at_its_byte_budget_and_says_that_there_is_more(town: Town) -> None:
    news = town.stands["news"]
    news.wide = 3_000
    await town.reread("news")
    found = await town.sections()
    assert [len(found[name]["items"]) for name in ("news", "prices")] == [2, 3]
    assert (found["news"]["more"], found["prices"]["more"]) == (True, False)
    news.wide = 9_000
    await town.reread("news")
    assert (await town.sections())["news"]["items"] == []


async def test_an_answer_that_is_held_already_is_not_sent_again(town: Town) -> None:
    first = await town.home()
    assert first.headers["vary"].startswith("Accept-Language, X-App-Platform")
    assert first.headers["cache-control"] == "public, no-cache, s-maxage=5"
    held = await town.http.get("/v1/home", headers={"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    head = await town.http.head("/v1/home")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    town.stands["prices"].count = 2
    await town.reread("prices")
    changed = await town.http.get("/v1/home", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


async def test_a_guest_costs_no_query_and_no_call_once_the_parts_are_in_memory(town: Town) -> None:
    await town.home()
    await town.home(MONUMENT)
    before = sum(len(stand.asked) for stand in town.stands.values())
    with town.without_database():
        for query in ("", MONUMENT, "", BANDUNG):
            await town.home(query)
    assert sum(len(stand.asked) for stand in town.stands.values()) == before


@pytest.mark.parametrize("query", ["", MONUMENT])
async def test_a_change_that_was_heard_is_on_home_at_once(town: Town, query: str) -> None:
    """Neither what home remembers nor a reading that began before may bring back what was there."""
    prices, news = town.stands["prices"], town.stands["news"]
    await town.sections(query)
    prices.count = 2
    town.run.part(Answers).purge(["prices"])
    assert len((await town.sections(query))["prices"]["items"]) == 2
    await news.behave("hang")
    await town.reread("news", "prices")
    begun = asyncio.create_task(town.sections(query))
    async with asyncio.timeout(5):
        while not (news.asked and prices.asked):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # prices have answered, news have not: home still waits
    prices.count = 1
    town.run.part(Answers).purge(["prices"])
    assert len((await town.sections(query))["prices"]["items"]) == 1
    await begun
    assert len((await town.sections(query))["prices"]["items"]) == 1


async def test_a_new_service_appears_on_home_by_its_document_alone(
    open_town: Callable[..., Awaitable[Town]],
) -> None:
    title = {"id": "Bank sampah", "en": "Waste bank"}
    parks = Stand("parks", offer("waste_bank", 25, home={"title": title}), offer("benches", 26, path="b"))
    async with AsyncExitStack() as stack:
        town = await open_town(stack, Stand("prices", offer("prices", 30)), parks)
        found = await town.until(lambda sections: len(sections) == 3)
        assert list(found) == ["waste_bank", "benches", "prices"]
        assert [found[name]["title"] for name in ("waste_bank", "benches")] == ["Bank sampah", "Benches"]
        parks.offers.pop("/v1/parks/b")
        await town.until(lambda sections: "benches" not in sections)


@pytest.mark.parametrize("model", [HomeOut, MenusOut, BootstrapOut])
def test_the_document_shows_an_answer_of_everything_an_app_begins_with(model: type[BaseModel]) -> None:
    """Somebody who writes an app copies it: it must be what is answered, with nothing left out."""
    (example,) = model.model_json_schema()["examples"]
    read = model.model_validate(example)
    assert model.model_validate_json(read.model_dump_json()) == read
    assert set(read.model_dump()) == set(example)
    assert set(example) == set(model.model_fields)


@pytest.mark.parametrize(
    "query",
    ["?lon=106.6319&lat=-6.1783", "?lat=-6.1783&lon=106.6319&x=1", "?lat=-06.17830&lon=106.63190000001"],
)
async def test_a_place_is_the_same_however_it_is_written(town: Town, query: str) -> None:
    """Plain ones take a shorter way than the others, to the same answer."""
    one, other = await town.home(MONUMENT), await town.home(query)
    told = ("cache-control", "vary", "content-language", "etag", "content-type")
    assert (one.content, {n: one.headers[n] for n in told}) == (
        other.content,
        {n: other.headers[n] for n in told},
    )


async def test_what_home_got_is_counted_by_section(town: Town) -> None:
    before = town.counted("prices", "ok")
    await town.reread("prices")
    await town.home()
    assert town.counted("prices", "ok") > before
    assert (
        town.run.metrics.registry.get_sample_value("city_home_part_seconds_count", {"section": "prices"})
        >= before
    )
