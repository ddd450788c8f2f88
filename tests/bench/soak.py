"""A running city under load for a while (SOAK seconds): what its processes hold, and how that grows.

Less than an hour cannot meet what is wanted of an hour, only miss it: caches fill first.
"""

import asyncio
import json
import os
import random
import statistics
import urllib.request
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from shared.city.pack import load_city
from tests.bench.figures import Row
from tests.bench.gateways import PACK
from tests.bench.load import load
from tests.bench.processes import pss_megabytes
from tests.bench.table import Table
from tests.bench.town import Town

_SERVERS = ("supervisord", "postgres", "nats")
_CONNECTIONS, _WARM_SECONDS, _LOOK_SECONDS = 8, 20, 1.0
_MOST_GROWTH, HOUR = 0.05, 3_600
_RESIDENTS, _TOKENS_SECONDS = 100, 300
_WORDS = ("jalan", "pasar", "taman", "beras", "banjir", "lampu", "museum", "cabai", "jln berlubng", "pajak")
Look = tuple[float, float]
"""Seconds since the first look, megabytes."""


def members(town: Town) -> list[str]:
    """The processes of ours, by name."""
    return sorted(p.name for p in (town.folder / "pids").iterdir() if p.name not in _SERVERS)


def seconds() -> float:
    """How long it lasts."""
    return float(os.environ.get("SOAK") or 60)


async def soak(town: Town, say: Callable[[str], None]) -> tuple[Table, list[Row]]:
    """Residents who read everything, all the while; the first 20 s fill caches and are not counted."""
    lasts = seconds()
    asked = await _requests(town)
    given = {"connections": _CONNECTIONS, "seconds": lasts + _WARM_SECONDS, "warm": 0.0}
    loading = asyncio.create_task(load(town.port, lambda: next(asked), **given))
    await asyncio.sleep(_WARM_SECONDS)
    looks = await _looks(town, lasts, say)
    result = await loading
    if not {"200"} <= set(result["statuses"]) <= {"200", "429"}:  # the front end's own limit may be reached
        raise RuntimeError(f"not every answer was 200: {result['statuses']}")
    table = Table(
        f"memory over {lasts:.0f} s of load, {result['answers']:,} answers",
        "process",
        "first MB",
        "last MB",
        "MB/h",
    )
    rows = []
    for name, its in looks.items():
        first, last, slope = _course(its)
        table.row(name, f"{first:.1f}", f"{last:.1f}", f"{slope:+.1f}")
        growth = last / first - 1
        told = f"{growth:+.1%} in {lasts:.0f} s"
        met = None if growth < _MOST_GROWTH and lasts < HOUR else growth < _MOST_GROWTH
        what = f"memory of {name} under load"
        rows.append(Row(what, told, "", "", f"below {_MOST_GROWTH:.0%} an hour", met))
    return table, rows


async def _looks(town: Town, seconds: float, say: Callable[[str], None]) -> dict[str, list[Look]]:
    found: dict[str, list[Look]] = {name: [] for name in members(town)}
    began = monotonic()
    every = max(_LOOK_SECONDS, seconds / 600)
    while (at := monotonic() - began) < seconds:
        for name, its in found.items():
            its.append((at, pss_megabytes(town.pid(name))))
        if len(its) % 20 == 1:
            say(f"soak {at:.0f} of {seconds:.0f} s  gateway {found['gateway'][-1][1]:.1f} MB")
        await asyncio.sleep(every)
    return found


def _course(looks: list[Look]) -> tuple[float, float, float]:
    """Medians of the first and the last quarter in MB, and MB an hour by least squares."""
    quarter = max(len(looks) // 4, 1)
    first, last = (statistics.median(mb for _, mb in part) for part in (looks[:quarter], looks[-quarter:]))
    slope = statistics.linear_regression(*zip(*looks, strict=True)).slope if len(looks) > 1 else 0.0
    return first, last, slope * 3_600


async def _requests(town: Town) -> Iterator[bytes]:
    """Every public list the city's document names, home of every village, and searches, by residents."""
    asked = urllib.request.Request(f"{town.demo['gateway']}/openapi.json")
    document = json.loads(await asyncio.to_thread(lambda: urllib.request.urlopen(asked).read()))
    lists = [
        path for path, item in document["paths"].items() if "get" in item and _is_list(path, item["get"])
    ]
    villages, order = load_city(PACK).areas.villages, random.Random(1)

    def path() -> str:
        point = order.choice(villages)
        home, found = f"/v1/home?lat={point.lat}&lon={point.lon}", f"/v1/search?q={order.choice(_WORDS)}"
        return order.choice((home, found.replace(" ", "%20"), order.choice(lists)))

    def each() -> Iterator[bytes]:
        while True:
            people, until = town.residents(_RESIDENTS), monotonic() + _TOKENS_SECONDS
            while monotonic() < until:
                yield town.request("GET", path(), order.choice(people), b"", "application/json")

    return each()


def _is_list(path: str, operation: dict[str, Any]) -> bool:
    """Whether anybody may read it without saying what or where."""
    city, stated = operation.get("x-city", {}), operation.get("parameters", ())
    asks = any(each.get("required") and each.get("in") != "header" for each in stated)
    public = "public" in city.get("audience", ()) and not city.get("stream")
    return public and not asks and "{" not in path and "200" in operation["responses"]
