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


async def test_a_part_whose_service_is_silent_is_stale_and_one_that_lies_is_unavailable(fair: Town) -> None:
    found = await fair.sections()
    states = {name: (section["status"], len(section["items"])) for name, section in found.items()}
    assert states.pop("well") == ("ok", 3)
    assert states.pop("huge") in (("stale", 3), ("unavailable", 0))  # as it is cut off, or read
    modes = {name: fair.modes[name] for name in states}
    assert states == {
        name: ("stale", 3) if mode in SILENT else ("unavailable", 0) for name, mode in modes.items()
    }
    silent = [name for name, mode in fair.modes.items() if mode in SILENT]
    assert all(found[name]["as_of"] >= fair.good[name] for name in silent)
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
