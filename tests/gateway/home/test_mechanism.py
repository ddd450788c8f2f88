"""Services and providers by one mechanism: a document, or a section told in memory; and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from gateway.declarations.usecases import Declarations, Part, Section, Wanted
from tests.gateway.home.conftest import NEAR, Stand, Town, offer


async def test_a_providers_section_stands_among_the_services_and_its_faults_are_its_own(town: Town) -> None:
    asked: list[Wanted] = []

    async def well(wanted: Wanted, seconds: float) -> Part:
        asked.append(wanted)
        return Part("ok", b'[{"id":"demo-1"}]', more=True)

    async def broken(wanted: Wanted, seconds: float) -> Part:
        raise RuntimeError("demo")

    async def deaf(wanted: Wanted, seconds: float) -> Part:
        await asyncio.sleep(3)
        return Part("ok")

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
