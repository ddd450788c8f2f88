"""A part that fails is stale or unavailable, the others are there, home is 200, and it heals by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from shared.clock import stopwatch
from tests.gateway.home.conftest import LIES, Stand, Town, offer

#: No answer that could be shown came: the one before is.
SILENT = ["hang", "error", "stopped"]


@pytest.fixture(scope="module")
async def failing(open_town: Callable[..., Awaitable[Town]]) -> AsyncIterator[Town]:
    """One service for each way to fail, failing from the start, and one that never does."""
    names = {mode: mode.replace(" ", "") for mode in (*SILENT, *LIES, "well")}
    stands = [Stand(name, offer(name, order)) for order, name in enumerate(names.values())]
    async with AsyncExitStack() as stack:
        for mode, stand in zip(names, stands, strict=True):
            stand.mode = mode if mode not in ("well", "stopped") else "ok"
        town = await open_town(stack, *stands, home_part_seconds=1, home_seconds=1.5)
        town.modes = {name: mode for mode, name in names.items() if mode != "well"}
        yield town


@pytest.fixture
async def fair(failing: Town) -> Town:
    """Home has had all parts; then each service fails in its way."""
    failing.good = await healed(failing)
    for name, mode in failing.modes.items():
        await failing.stands[name].behave(mode)
    await failing.reread(*failing.stands)
    return failing


async def healed(fair: Town) -> dict[str, str]:
    for stand in fair.stands.values():
        await stand.behave("ok")
    found = await fair.until(lambda sections: {s["status"] for s in sections.values()} == {"ok"})
    return {name: section["as_of"] for name, section in found.items()}


async def test_parts_that_never_answered_are_unavailable_and_heal_by_themselves(failing: Town) -> None:
    found = await failing.until(lambda sections: len(sections) == len(failing.stands))
    states = {name: (s["status"], s["as_of"] is None, len(s["items"])) for name, s in found.items()}
    assert {states.pop(name) for name in ("well", "stopped")} == {("ok", False, 3)}
    assert set(states.values()) == {("unavailable", True, 0)}
    assert len(states) == 7
    await healed(failing)


async def test_a_part_whose_service_is_silent_or_lies_is_stale(fair: Town) -> None:
    found = await fair.sections()
    states = {name: (section["status"], len(section["items"])) for name, section in found.items()}
    assert states.pop("well") == ("ok", 3)
    assert states.pop("huge") in (("stale", 3), ("unavailable", 0))  # as it is cut off, or read
    assert set(states.values()) == {("stale", 3)}
    assert all(found[name]["as_of"] >= fair.good[name] for name in states)
    await healed(fair)


async def test_the_list_behind_a_part_gives_its_last_page_too_and_no_lie(fair: Town) -> None:
    for name, mode in fair.modes.items():
        if mode in LIES and mode != "huge":
            held = await fair.http.get(f"/v1/{name}/list?limit=5")
            assert (held.status_code, held.headers["x-cache"], len(held.json()["items"])) == (200, "stale", 3)
            assert (await fair.http.get(f"/v1/{name}/list?limit=7")).status_code == 503
    await healed(fair)
    for name in fair.modes:
        assert (await fair.http.get(f"/v1/{name}/list?limit=7")).status_code == 200


async def test_whatever_is_still_kept_is_stale_while_its_owner_is_known_not_to_answer(fair: Town) -> None:
    await healed(fair)
    await fair.stands["hang"].behave("stopped")
    found = await fair.until(lambda sections: sections["hang"]["status"] != "ok")
    assert (found["hang"]["status"], len(found["hang"]["items"])) == ("stale", 3)
    await healed(fair)


async def test_a_part_that_hangs_is_waited_for_once_and_not_by_everybody(fair: Town) -> None:
    """Twenty readers in turn do not wait twenty times; how long each takes is left to the bench."""
    began = stopwatch()
    for _ in range(20):
        assert (await fair.sections())["well"]["status"] == "ok"
    assert stopwatch() - began < 20 * 1


async def test_with_all_services_stopped_home_is_there(fair: Town) -> None:
    await healed(fair)
    for stand in fair.stands.values():
        await stand.behave("stopped")
    await fair.reread(*fair.stands)
    found = await fair.sections()
    assert {section["status"] for section in found.values()} == {"stale"}
    await healed(fair)
