"""10,000 open streams on one worker: until an alert has reached all, and what a stream costs.

Twice: the stream of everybody, told by a notice of an administrator's; and the streams of as many residents,
each with a token of her own, told by another process that writes their feeds. STREAMS is another number.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter

import httpx

from gateway.streams.usecases import tell
from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, broker, gateway, runtime_of
from tests.bench.listening import (
    LAST_WORD,
    UNLIMITED_PEOPLE,
    administrator,
    descriptors,
    guest,
    open_streams,
    residents,
)
from tests.bench.processes import cpu_seconds, pss_megabytes

_STREAMS, _BESIDE = 10_000, 500
_MOST_SECONDS, _MOST_KB, _PATIENCE = 2, 60, 30
_ALERT = {"text": {"id": "demo: banjir " * 16 + LAST_WORD.decode(), "en": "demo"}}


async def rows(bench: Bench) -> list[Row]:
    """As many streams as are asked for and descriptors allow; the row says how many there were."""
    wanted, allowed = int(os.environ.get("STREAMS") or _STREAMS), descriptors() - _BESIDE
    count = min(wanted, allowed)
    if count < wanted:
        bench.say(f"streams  no more than {count:,}: a process may open {allowed + _BESIDE:,} files here")
    found = []
    async with broker(bench.folder / "streams-nats") as nats:
        for number, (what, crowd) in enumerate({"of everybody": _guests, "of residents": _residents}.items()):
            folder = bench.folder / f"streams-{number}"
            async with gateway(folder, nats=nats, more=UNLIMITED_PEOPLE) as ours:
                seconds, each = await _heard(bench, ours, *crowd(ours, count))
            found += _rows(f"{count:,} streams {what}, one worker", count, seconds, each)
    return found


Tell = Callable[[], Awaitable[float]]


def _guests(ours: Gateway, count: int) -> tuple[list[bytes], Tell]:
    return [guest(ours)] * count, partial(_notice, ours)


def _residents(ours: Gateway, count: int) -> tuple[list[bytes], Tell]:
    people = residents(ours, count)
    return [*people.values()], partial(_feeds, ours, [*people])


async def _heard(bench: Bench, ours: Gateway, asks: list[bytes], tell: Tell) -> tuple[float, float]:
    """(seconds until the last one has heard, infinity if not all have within 30; KB a stream)."""
    (worker,), heard = ours.pids, list[float]()
    before, began = pss_megabytes(worker), perf_counter()
    listening = await open_streams(ours.port, asks, heard, bench.say)
    each = (pss_megabytes(worker) - before) * 1_024 / len(asks)
    bench.say(f"streams  {len(asks):,} open in {perf_counter() - began:.0f} s, {each:.1f} KB each")
    spent, told = cpu_seconds(worker), await tell()
    while len(heard) < len(asks) and perf_counter() - told < _PATIENCE:
        await asyncio.sleep(0.01)
    spent = cpu_seconds(worker) - spent
    bench.say(f"streams  {len(heard):,} heard, {spent:.2f} s CPU of the worker")
    for one in listening:
        one.transport.close()
    return max(heard) - told if len(heard) == len(asks) else float("inf"), each


def _rows(what: str, count: int, seconds: float, each: float) -> list[Row]:
    """Fewer than the figure is about can miss what is wanted, and not meet it."""
    quick, small = (
        None if good and count < _STREAMS else good for good in (seconds < _MOST_SECONDS, each < _MOST_KB)
    )
    return [
        Row(what, f"alert reached all in {seconds:.2f} s", "", "", f"below {_MOST_SECONDS} s", quick),
        Row(what, f"{each:.1f} KB each", "", "", f"below {_MOST_KB} KB", small),
    ]


async def _notice(ours: Gateway) -> float:
    """An administrator's notice over HTTP; when it was answered, so committed."""
    now = datetime.now(UTC)
    text = {"id": f"demo: banjir {LAST_WORD.decode()}", "en": f"demo: flood {LAST_WORD.decode()}"}
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    notice = {"level": "danger", "title": {"id": "demo", "en": "demo"}, "text": text, **times}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ours.port}", timeout=30) as http:
        answer = await http.post("/v1/admin/notices", json=notice, headers=administrator(ours))
    answer.raise_for_status()
    return perf_counter()


async def _feeds(ours: Gateway, people: list[str]) -> float:
    """Everybody's feed, in one transaction of another process; when that began to be committed."""
    run = runtime_of(ours.settings)
    run.bus.start()
    try:
        await asyncio.wait_for(run.bus.connected.wait(), _PATIENCE)
        async with run.database.transaction() as session:
            for person in people:
                await tell(session, person, "alert", _ALERT, now=run.clock.now())
            began = perf_counter()
    finally:
        await run.bus.close()
        await run.database.close()
    return began
