"""With any service stopped, hanging or lying home goes on: its part says so, the others are there, all heals.
What is kept of the services' answers is asked for once, changes with them, and forgets what is withdrawn.

Every service in every trouble: `TROUBLE=all`; otherwise each service and each trouble once. `-s`: figures.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from gateway.edge.answers import Answers
from gateway.edge.cache.kept import KeptAnswers
from shared.clock import ManualClock
from shared.testing import Keys
from svc_prices.demonstrations.usecases import load_demo
from tests.journeys.conftest import MONUMENT, delete_streams
from tests.journeys.lines import GARBAGE, HANGS, STOPPED, WELL, Line
from tests.security import offers
from tests.security.town import GENEROUS, RUNNING, Town, running_town

#: Of each service its section of home, that section's menu, and the public list it is read from.
SHOWN = {
    "laksa": ("reports", "reports-nearby", "/v1/laksa/reports"),
    "prices": ("prices", "market-prices", "/v1/prices/latest"),
    "news": ("news", "city-news", "/v1/news/articles"),
    "tourism": ("places", "e-plesiran", "/v1/tourism/places"),
}
#: Sections that do not tell of the others' health: of the same service, and of one person's own.
BESIDE = {"news": ("events",)}
TROUBLES = (HANGS, STOPPED, *GARBAGE)
THOROUGH = os.environ.get("TROUBLE") == "all"
ALL = [(service, trouble) for service in RUNNING for trouble in TROUBLES]
SOME = [(RUNNING[n % len(RUNNING)], trouble) for n, trouble in enumerate(TROUBLES)]
LIMIT, READS = 20, 200 if THOROUGH else 60
#: How long somebody would wait who waited for a service that hangs; the figure itself is the bench's.
HUNG_MS = 5_000


@dataclass
class Place:
    """The town, the lines to its services, and people who look at home."""

    town: Town
    lines: dict[str, Line]
    resident: Actor
    readers: list[Actor] = field(default_factory=list)
    well_ms: float = 0

    async def sections(self, reader: Actor | None = None) -> dict[str, dict[str, Any]]:
        """Home as this reader sees it, by section; 200 or the test fails."""
        answer = await (reader or self.readers[0]).call("GET", "/v1/home")
        assert answer.status_code == 200, answer.text
        return {section["name"]: section for section in answer.json()["sections"]}

    async def menu(self, wanted: str) -> dict[str, Any]:
        """How a menu stands."""
        services = (await self.readers[0].get("/v1/menus"))["services"]
        return next(menu for service in services for menu in service["menus"] if menu["id"] == wanted)

    def forget(self, service: str) -> None:
        """As if nobody had ever asked for anything of it."""
        self.town.gateway.state.runtime.part(KeptAnswers).withdraw(service)


@dataclass
class Seen:
    """What people who look at home all the while were given."""

    seconds: list[float] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    def p99_ms(self) -> float:
        """Of all answers."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100] * 1_000


@pytest.fixture(scope="module")
async def place(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """Everybody well, something in every section; the gateway looks for documents three times a second."""
    await delete_streams(broker.url())
    clock, lines = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)), {short: Line() for short in RUNNING}
    quick = {"documents_seconds": 0.3, "cache_seconds": 0.5}
    folder = tmp_path_factory.mktemp("trouble")
    async with running_town(clock, databases, broker.url(), keys, folder, lines, **GENEROUS, **quick) as town:
        await load_demo(town.app("prices").state.runtime)
        found = Place(town, lines, await town.resident())
        found.readers = [town.guest(), town.guest("web", "en"), found.resident]
        await report(found)
        await article(town)
        await until(found.sections, lambda s: all(s[name]["items"] for name, _, _ in SHOWN.values()))
        async with looked_at(found, "news") as seen:
            await asyncio.sleep(0)
        found.well_ms = seen.p99_ms()
        yield found


async def report(place: Place) -> None:
    lat, lon = MONUMENT
    sent = {"category": "jalan-berlubang", "description": "demo: lubang", "attributes": {"bahaya": "tidak"}}
    await place.resident.post("/v1/laksa/reports", sent | {"point": {"lat": lat, "lon": lon}})


async def article(town: Town, **more: Any) -> dict[str, Any]:
    """Written, handed in and published."""
    author, editor = await town.officer("news_author"), await town.officer("editor")
    made = await author.post("/v1/news/articles", offers.article(**more))
    await author.post(f"/v1/news/articles/{made['id']}/submit", {})
    published: dict[str, Any] = await editor.post(f"/v1/news/articles/{made['id']}/publish", {})
    return published


async def until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], Any], seconds: float = LIMIT) -> Any:
    """What `ask` answers as soon as it is good."""
    found = None
    try:
        async with asyncio.timeout(seconds):
            while not good(found := await ask()):
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"never so: {found}")
    return found


def all_well(sections: dict[str, dict[str, Any]]) -> bool:
    return {section["status"] for section in sections.values()} == {"ok"}


@asynccontextmanager
async def looked_at(place: Place, service: str) -> AsyncIterator[Seen]:
    """Three people look at home one after the other, all the while, READS times at least; then it is well."""
    seen, over = Seen(), asyncio.Event()
    troubled = {SHOWN[service][0], "my_requests", *BESIDE.get(service, ())}

    async def look(reader: Actor) -> None:
        while not over.is_set() or len(seen.seconds) < READS:
            began = time.perf_counter()
            sections = await place.sections(reader)
            seen.seconds.append(time.perf_counter() - began)
            seen.others |= {s["status"] for name, s in sections.items() if name not in troubled}
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        for reader in place.readers:
            group.create_task(look(reader))
        try:
            yield seen
        finally:
            over.set()
            await place.lines[service].becomes(WELL)


@pytest.mark.parametrize(("service", "trouble"), ALL if THOROUGH else SOME)
async def test_home_goes_on_the_part_and_its_menu_say_so_and_both_heal(
    place: Place, service: str, trouble: str
) -> None:
    part, menu, path = SHOWN[service]
    for reader in reversed(place.readers):
        before = await until(partial(place.sections, reader), all_well)
    await place.readers[0].get(path)
    began = time.perf_counter()
    async with looked_at(place, service) as seen:
        await place.lines[service].becomes(trouble)
        stale = await until(place.sections, lambda s: s[part]["status"] != "ok")
        assert (stale[part]["status"], stale[part]["items"]) == ("stale", before[part]["items"])
        told = await until(lambda: place.menu(menu), lambda m: m["state"] == "unavailable")
        noticed = time.perf_counter() - began
        assert told["reason_code"] == "owner_not_answering"
        assert told["reason"]
        kept = await until(
            partial(place.readers[0].call, "GET", path), lambda a: a.headers.get("x-cache") != "hit"
        )
        assert (kept.status_code, kept.headers["x-cache"]) == (200, "stale")
        place.forget(service)
        gone = await until(place.sections, lambda s: s[part]["status"] != "stale")
        assert (gone[part]["status"], gone[part]["items"]) == ("unavailable", [])
        assert (await place.readers[0].call("GET", path)).status_code == (500 if trouble == "500" else 503)
    began = time.perf_counter()
    after = await until(place.sections, all_well)
    assert after[part]["items"] == before[part]["items"]
    await until(lambda: place.menu(menu), lambda m: m["state"] == "native")
    healed, reads = time.perf_counter() - began, len(seen.seconds)
    p99 = f"home p99 {seen.p99_ms():.0f} ms of {reads} reads ({place.well_ms:.0f} ms when all was well)"
    print(
        f"\n{service} {trouble}: {p99}, its menu says so after {noticed:.1f} s, healed after {healed:.1f} s"
    )
    assert "unavailable" not in seen.others
    assert seen.p99_ms() < HUNG_MS / 2, "home waits for whoever is in trouble"


async def test_a_thousand_at_once_for_whom_nothing_is_kept_are_one_call_of_the_service(place: Place) -> None:
    target, line = "/v1/tourism/places?limit=37", place.lines["tourism"]
    found = await asyncio.gather(*(raw_read(place, target) for _ in range(1_000)))
    assert {head.split(b"\r\n")[0] for head, _ in found} == {b"HTTP/1.1 200 OK"}
    assert len({body for _, body in found}) == 1
    assert line.requests[target] == 1


async def raw_read(place: Place, target: str) -> tuple[bytes, bytes]:
    """(head, body) over a connection of its own."""
    host, port = place.town.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = place.readers[0].headers["X-Api-Key"]
    asked = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {key}\r\nConnection: close\r\n\r\n"
    writer.write(asked.encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head, body


async def test_a_published_article_and_a_corrected_price_are_seen_at_once(place: Place) -> None:
    town, guest, took = place.town, place.readers[0], list[float]()
    supervisor, day = await town.officer("price_supervisor"), "2026-02-01"
    await supervisor.post(
        "/v1/prices/observations", offers.batch("anyar", date(2026, 2, 1), minyakita=15_700)
    )
    one, latest = f"/v1/prices/observations/anyar/{day}/{offers.OIL}/retail", "/v1/prices/latest?market=anyar"
    for price in range(15_800, 16_300, 100):
        await guest.get(latest)
        began = time.perf_counter()
        answer = await supervisor.call("PATCH", one, body={"price": price, "reason": "demo: salah baca"})
        assert answer.status_code == 200, answer.text
        await until(partial(guest.get, latest), lambda p, n=price: n in [i["price"] for i in p["items"]])
        took.append(time.perf_counter() - began)
    await guest.get("/v1/news/articles")
    made = await article(town)
    began = time.perf_counter()
    await until(
        partial(guest.get, "/v1/news/articles"), lambda p: made["id"] in {i["id"] for i in p["items"]}
    )
    shown = await until(place.sections, lambda s: made["id"] in {i["id"] for i in s["news"]["items"]})
    assert shown["news"]["status"] == "ok"
    took.append(time.perf_counter() - began)
    print(f"\nfrom the change to the first answer that shows it, ms: {[round(t * 1_000) for t in took]}")
    assert sorted(took)[len(took) // 2] < 2


async def test_what_a_reader_holds_is_confirmed_by_every_layer_and_each_coding_is_the_same(
    place: Place,
) -> None:
    guest, path = place.readers[0], "/v1/tourism/places?limit=36"
    plain = await guest.call("GET", path, **{"Accept-Encoding": "identity"})
    etag = {"If-None-Match": plain.headers["etag"]}
    for coding in ("gzip", "br"):
        ask = partial(guest.call, "GET", path, **{"Accept-Encoding": coding})
        coded = await until(ask, lambda a: "content-encoding" in a.headers)  # what is large takes a moment
        assert (coded.headers["content-encoding"], coded.content) == (coding, plain.content)
        held = await guest.call(
            "GET", path, **{"If-None-Match": coded.headers["etag"], "Accept-Encoding": coding}
        )
        assert (held.status_code, held.content) == (304, b"")
    head = await guest.call("HEAD", path, **{"Accept-Encoding": "identity"})
    same = ("etag", "content-length", "content-type")
    assert [head.headers[n] for n in same] == [plain.headers[n] for n in same]
    run, labels = place.town.app("tourism").state.runtime, {"route": "/v1/tourism/places", "method": "GET"}

    def confirmed() -> float:
        return (
            run.metrics.registry.get_sample_value("city_http_requests_total", labels | {"status": "3xx"}) or 0
        )

    before = confirmed()
    place.town.gateway.state.runtime.part(Answers).purge(["tourism:places"])
    again = await guest.call("GET", path, **etag)
    assert (again.status_code, again.headers["x-cache"]) == (304, "revalidated")
    assert confirmed() > before
    assert place.lines["tourism"].requests[path] == 2


async def test_a_draft_is_nowhere_and_what_is_withdrawn_comes_back_from_no_memory(place: Place) -> None:
    town, guest = place.town, place.readers[0]
    author, editor = await town.officer("news_author"), await town.officer("editor")
    made = await author.post("/v1/news/articles", offers.article(title=offers.both("kata sandi rahasia")))
    path, lists = f"/v1/news/articles/{made['id']}", ("/v1/news/articles", "/v1/home", "/v1/search?q=rahasia")

    async def nowhere() -> bool:
        found = [await guest.call("GET", each) for each in (path, *lists)]
        return not any("rahasia" in answer.text and answer.status_code == 200 for answer in found)

    assert "rahasia" in (await author.call("GET", f"{path}/manuscript")).text
    assert await nowhere()
    await author.post(f"{path}/submit", {})
    await editor.post(f"{path}/publish", {})
    await until(partial(guest.call, "GET", path), lambda a: a.status_code == 200)
    for each in lists:
        await until(partial(guest.call, "GET", each), lambda a: "rahasia" in a.text)
    await editor.post(f"{path}/withdraw", offers.WHY)
    await until(nowhere, bool)
    await place.lines["news"].becomes(STOPPED)
    assert await nowhere()
    await place.lines["news"].becomes(WELL)
