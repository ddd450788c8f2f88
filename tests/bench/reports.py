"""Reports through the whole system: how many a second, and how soon an open app hears of one."""

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import datetime
from time import perf_counter, time

import httpx

from tests.bench.load import load, percentiles
from tests.bench.processes import cpu_seconds
from tests.bench.table import Table
from tests.bench.town import Resident, Town, photo

_RESIDENTS, _CONNECTIONS = 60, 16
_PROCESSES = ("gateway", "laksa", "nats")


async def uploads(town: Town, *, seconds: float, say: Callable[[str], None]) -> Table:
    """Photos as a phone takes them: decoded, stripped, stored in three sizes, fsynced."""
    people = itertools.cycle(town.residents(_RESIDENTS))
    table = Table("uploads through the gateway", "photo", "a second", "p50 ms", "p99 ms")
    for width, height in ((640, 480), (1600, 1200), (4000, 3000)):
        photos = itertools.cycle([photo(width, height) for _ in range(8)])
        result = await load(
            town.port,
            lambda photos=photos: town.upload(next(people), next(photos)),  # type: ignore[misc]
            connections=4,
            seconds=seconds,
            warm=1,
        )
        _only(result["statuses"], "201")
        say(f"uploads {width} x {height}  {result['rate']:.1f}/s")
        cells = (f"{result['rate']:.1f}", f"{result['p50']:.0f}", f"{result['p99']:.0f}")
        table.row(f"{width} x {height}", *cells)
    return table


async def submits(town: Town, *, seconds: float, say: Callable[[str], None]) -> Table:
    """JSON with a media receipt, each answered after its commit; CPU time by process."""
    people = itertools.cycle(await equipped(town, _RESIDENTS))
    before = {name: cpu_seconds(town.pid(name)) for name in _PROCESSES}
    result = await load(
        town.port, lambda: town.report(next(people)), connections=_CONNECTIONS, seconds=seconds, warm=2
    )
    _only(result["statuses"], "201")
    await asyncio.sleep(1)  # what follows a commit belongs to its cost
    count = result["answers"] * (seconds + 2) / seconds
    say(f"submits {result['rate']:.0f}/s")
    table = Table("submit through the gateway, durable", "what", "figure")
    table.row("a second", f"{result['rate']:.0f}")
    table.row("p50 / p99 ms", f"{result['p50']:.0f} / {result['p99']:.0f}")
    for name in _PROCESSES:
        spent = (cpu_seconds(town.pid(name)) - before[name]) / count
        table.row(f"CPU ms of {name} a submit", f"{spent * 1_000:.1f}")
    return table


async def latency(town: Town, *, rate: float, seconds: float, say: Callable[[str], None]) -> Table:
    """From the moment LAKSA notes as the change's (before its commit) to the open stream of its citizen."""
    people = await equipped(town, _RESIDENTS)
    heard: list[float] = []
    async with httpx.AsyncClient(base_url=town.demo["gateway"], timeout=30) as http:
        listeners = [asyncio.create_task(_listen(http, town, who, heard)) for who in people]
        await asyncio.sleep(2)
        await _at_rate(town, people, rate, 2)  # warms everything up, like the first seconds of the others
        await asyncio.sleep(1)
        heard.clear()
        await _at_rate(town, people, rate, seconds)
        await asyncio.sleep(2)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    wanted, found = int(rate * seconds), percentiles(heard)
    say(f"streams heard {len(heard)} of {wanted}")
    table = Table(f"commit to open stream, {rate:.0f} reports a second", "what", "figure")
    table.row("heard of", f"{len(heard)} of {wanted}")
    table.row("p50 / p99 ms", f"{found['p50']:.0f} / {found['p99']:.0f}")
    return table


async def equipped(town: Town, count: int) -> list[Resident]:
    """Residents who have uploaded a small photo."""
    people = town.residents(count)
    async with httpx.AsyncClient(base_url=town.demo["gateway"], timeout=30) as http:
        for who in people:
            answer = await http.post(
                "/v1/media", content=photo(320, 240), headers=_headers(town, who, "image/jpeg")
            )
            who.receipt = answer.raise_for_status().json()["receipt"]
    return people


async def _at_rate(town: Town, people: list[Resident], rate: float, seconds: float) -> None:
    """One report every 1/rate s, whether or not the last one was answered."""
    began, sending = perf_counter(), []
    async with httpx.AsyncClient(base_url=town.demo["gateway"], timeout=30) as http:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - perf_counter()))
            who = people[number % len(people)]
            body = town.report(who).partition(b"\r\n\r\n")[2]
            headers = _headers(town, who, "application/json")
            sending.append(asyncio.create_task(http.post("/v1/laksa/reports", content=body, headers=headers)))
        for answer in await asyncio.gather(*sending):
            answer.raise_for_status()


async def _listen(http: httpx.AsyncClient, town: Town, who: Resident, heard: list[float]) -> None:
    headers = _headers(town, who, "application/json")
    async with http.stream("GET", "/v1/me/stream", headers=headers, timeout=None) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data:") and '"updated_at"' in line:
                changed = datetime.fromisoformat(json.loads(line[5:])["updated_at"])
                heard.append(time() - changed.timestamp())


def _headers(town: Town, who: Resident, kind: str) -> dict[str, str]:
    return {
        "X-Api-Key": town.demo["api_keys"]["android"],
        "Authorization": f"Bearer {who.token}",
        "Idempotency-Key": f"{who.id}-{time()}",
        "Content-Type": kind,
    }


def _only(statuses: dict[str, int], wanted: str) -> None:
    if set(statuses) != {wanted}:
        raise RuntimeError(f"not every answer was {wanted}: {statuses}")
