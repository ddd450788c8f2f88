"""Services and providers by one mechanism: a document, or a section told in memory; and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from gateway.declarations.usecases import Declarations, Part, Reading, Section, Wanted
from tests.gateway.home.conftest import NEAR, Stand, Town, offer


async def test_a_providers_section_stands_among_the_services_and_its_faults_are_its_own(town: Town) -> None:
    asked: list[Wanted] = []

    def well(wanted: Wanted) -> Part:
        asked.append(wanted)
        return Part("ok", b'[{"id":"demo-1"}]', more=True)

    def broken(wanted: Wanted) -> Part:
        raise RuntimeError("demo")

    def deaf(wanted: Wanted) -> Reading:
        return Reading(asyncio.get_running_loop().create_future(), lambda: Part("unavailable"))

    declared: Declarations = town.run.part(Declarations)
    title = {"id": "Antrean KTP-el", "en": "Identity card queue"}
    told = [
        Section("queue", 40, "dukcapil", well, "queue", title, ("provider_dukcapil",)),
        Section("broken", 41, "dukcapil", broken),
        Section("deaf", 42, "dukcapil", deaf),
    ]
    declared.tell("dukcapil", told, [])
    found = await town.sections(Accept_Language="en")
    declared.forget("dukcapil")
    assert list(found) == ["reports", "prices", "queue", "broken", "deaf", "news", "events"]
    assert (found["queue"]["title"], found["queue"]["status"], found["queue"]["more"]) == (
        "Identity card queue", "ok", True,
    )  # fmt: skip
    assert [found[name]["status"] for name in ("broken", "deaf", "news")] == [
        "unavailable",
        "unavailable",
        "ok",
    ]
    assert asked[0].language == "en"
    assert (town.counted("provider", "ok"), town.counted("provider", "unavailable")) == (1, 2)
    assert "queue" not in await town.sections()


async def test_however_many_join_home_stays_within_its_bytes_and_the_citys_own_are_whole(town: Town) -> None:
    declared: Declarations = town.run.part(Declarations)
    items = b'[{"id":"demo-1","text":"%s"},{"id":"demo-2"}]' % (b"x" * 4_000)
    many = [Section(f"q{n:03}", 200 + n, "demo", lambda wanted: Part("ok", items)) for n in range(222)]
    before = await town.sections()
    declared.tell("demo", many, [])
    answer = await town.home()
    declared.forget("demo")
    most = town.run.settings.home_bytes
    assert most * 0.95 < len(answer.content) <= most + len(b'{"sections":[],"area":null}')
    found = {each["name"]: each for each in answer.json()["sections"]}
    assert {name: found[name] for name in before} == before
    theirs = [found[each.name] for each in many if each.name in found]
    assert [each["name"] for each in theirs] == [each.name for each in many[: len(theirs)]]
    assert all(each["more"] == (len(each["items"]) < 2) for each in theirs)
    counts = [len(each["items"]) for each in theirs]
    assert (counts[0], counts[-1]) == (2, 0)
    assert counts == sorted(counts, reverse=True)


async def test_a_purge_of_any_sections_tag_reaches_home_at_once_and_only_its_owner_is_asked(
    town: Town,
) -> None:
    await town.home()
    town.stands["prices"].count = 1
    await town.reread("prices")
    assert len((await town.sections())["prices"]["items"]) == 1
    assert [len(town.stands[name].asked) for name in ("prices", "news", "laksa")] == [1, 0, 0]


async def test_many_at_once_ask_every_part_once(town: Town) -> None:
    await town.reread(*town.stands)
    at = [f"?lat=-6.17{n}&lon=106.63{n}" for n in range(4)]
    answers = await asyncio.gather(*(town.home(query) for query in ["", *at] * 12))
    areas = {(answer.json()["area"] or {}).get("code") for answer in answers}
    asked = [path for stand in town.stands.values() for path, _, _ in stand.asked]
    assert (
        asked.count("/v1/prices/list") == asked.count("/v1/news/agenda") == asked.count("/v1/laksa/all") == 1
    )
    assert asked.count("/v1/laksa/near") == len(areas) - 1


async def test_whoever_is_asked_by_place_alone_has_no_section_without_one(
    open_town: Callable[..., Awaitable[Town]],
) -> None:
    async with AsyncExitStack() as stack:
        nearby = Stand("parks", offer("benches", 10, *NEAR), offer("secret", 20, path="s"))
        nearby.offers["/v1/parks/s"]["city"]["audience"] = ["citizen"]
        nearby.offers["/v1/parks/{ref}"] = offer("one", 30)
        town = await open_town(stack, nearby, home_part_seconds=2, home_seconds=3)
        assert {n: s["status"] for n, s in (await town.sections()).items()} == {"benches": "unavailable"}
        placed = await town.sections("?lat=-6.1783&lon=106.6319")
        assert (placed["benches"]["status"], len(placed["benches"]["items"])) == ("ok", 3)
