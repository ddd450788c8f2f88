"""A sample provider joins a running gateway by registration alone; what happens to it harms nobody else."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import free_port, served
from tests.gateway.providers.conftest import Town, until
from tests.gateway.providers.test_asked import HOSTILE, Enemy, enemy
from tests.providers.sample import MENU


async def menu(town: Town, wanted: str = MENU) -> dict[str, Any]:
    """How the menu stands for a guest."""
    services = (await town.http.get("/v1/menus")).json()["services"]
    return next((m for s in services for m in s["menus"] if m["id"] == wanted), {})


async def section(town: Town, name: str) -> dict[str, Any]:
    """The part of home, for a guest; home itself always answers."""
    answer = await town.http.get("/v1/home")
    assert answer.status_code == 200
    parts: list[dict[str, Any]] = answer.json()["sections"]
    return next((part for part in parts if part["name"] == name), {})


async def test_menu_section_search_hit_and_request_status_appear_and_heal(
    town: Town, clock: ManualClock
) -> None:
    assert (await menu(town))["state"] == "unavailable"
    port, me = free_port(), str(new_id())
    made, queue = await town.register(menu=MENU)
    async with AsyncExitStack() as running:
        await running.enter_async_context(served(queue, port))
        url = f"http://127.0.0.1:{port}/home.json"
        await until(lambda: queue.join(url), lambda answer: answer.status_code == 200)
        await queue.publish()
        linked = await town.http.post(f"/v1/me/providers/{made['code']}/link", headers=town.signed_in(me))
        queue.subjects[7] = linked.json()["subject"]
        await queue.say(7, "dipanggil", clock.now())
        shown = await until(lambda: menu(town), lambda m: m["state"] == "linked")
        assert shown["link"] == "https://antrean.example.go.id/"
        part = await until(lambda: section(town, queue.name), lambda p: p.get("status") == "ok")
        assert [item["title"] for item in part["items"]] == ["[Demo] Nomor 1 dilayani"]
        hits = (await town.http.get("/v1/search", params={"q": "perekaman keliling"})).json()["items"]
        assert [hit["source"] for hit in hits] == ["demo"]
        mine = (await town.http.get("/v1/me/requests", headers=town.signed_in(me))).json()["items"]
        assert [item["number"] for item in mine] == ["KTP-7"]
    for _ in range(2):
        clock.advance(timedelta(seconds=61))
        await asyncio.sleep(1)
    down = await until(lambda: menu(town), lambda m: m["state"] == "unavailable")
    assert down["reason"]
    clock.advance(timedelta(minutes=5))
    stale = await until(lambda: section(town, queue.name), lambda p: p.get("status") == "stale")
    assert stale["items"] == part["items"]
    async with served(queue, port):
        clock.advance(timedelta(seconds=61))
        await until(lambda: menu(town), lambda m: m["state"] == "linked")
        await until(lambda: section(town, queue.name), lambda p: p.get("status") == "ok")


@pytest.fixture(scope="module")
async def hostile(town: Town) -> Any:
    """A provider whose server was well once and then does what a test wants, beside one that pushes."""
    async with enemy() as its:
        code, _ = await town.join(url=f"http://127.0.0.1:{its.port}/home.json")
        await until(lambda: section(town, code), lambda part: part.get("status") == "ok")
        well, _ = await town.join()
        yield its, code, well


@pytest.mark.parametrize("name", ["100 MB sent", "a gzip bomb", "headers for ever", "silence", "deep JSON"])
async def test_hostile_its_last_good_word_is_stale_and_the_others_are_as_they_were(
    town: Town, clock: ManualClock, hostile: tuple[Enemy, str, str], name: str
) -> None:
    its, code, well = hostile
    its.act = HOSTILE[name][0]
    queues = {queue.name: queue for queue in town.queues}
    before = (await queues[code].standing())["home"]["failures"]
    clock.advance(timedelta(minutes=6))
    await until(queues[code].standing, lambda standing: standing["home"]["failures"] > before)
    await queues[well].push()
    await until(lambda: section(town, well), lambda part: part["status"] == "ok")
    held = await section(town, code)
    assert (held["status"], [item["title"] for item in held["items"]]) == ("stale", ["[Demo] Baik"])
