"""Streams opened and given up on again and again on one worker (CYCLES of them): what stays of them.

A quarter each: reset before the answer begins, reset after its greeting, closed after it, reset within the
request's head.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Iterable
from time import perf_counter

from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, gateway
from tests.bench.listening import STREAMS_OPEN, UNLIMITED_PEOPLE, metric, open_streams, residents
from tests.bench.processes import open_files, pss_megabytes

_CYCLES, _WARM, _AT_ONCE, _RESIDENTS = 2_000, 1_000, 20, 200
_MOST_GROWTH, _PATIENCE = 0.05, 10
_RESET = struct.pack("ii", 1, 0)


async def rows(bench: Bench) -> list[Row]:
    """The first 1,000 fill what a worker remembers of residents, and are not counted."""
    count = int(os.environ.get("CYCLES") or _CYCLES)
    async with gateway(bench.folder / "cycles", more=UNLIMITED_PEOPLE) as ours:
        asks = [*residents(ours, _RESIDENTS).values()]
        await _cycles(bench, ours, asks, _WARM)
        await _freed(ours)
        before, files = pss_megabytes(ours.pids[0]), open_files(ours.pids[0])
        await _cycles(bench, ours, asks, count)
        seconds, left = await _freed(ours)
        after, more = pss_megabytes(ours.pids[0]), open_files(ours.pids[0]) - files
        (again,) = await open_streams(ours.port, asks[:1], [])  # raises if there is no place
        again.transport.close()
    told = f"{left:.0f} places taken {seconds:.1f} s later, files {more:+}, a new one opens"
    what, growth = f"{count:,} streams opened and given up", after / before - 1
    memory = f"{before:.1f} to {after:.1f} MB ({growth:+.1%})"
    return [
        Row(what, told, "", "", "0 places taken", left == 0),
        Row(f"{what}, memory", memory, "", "", f"below {_MOST_GROWTH:.0%}", growth < _MOST_GROWTH),
    ]


async def _cycles(bench: Bench, ours: Gateway, asks: list[bytes], count: int) -> None:
    numbers, began = iter(range(count)), perf_counter()

    async def some(numbers: Iterable[int]) -> None:
        for number in numbers:
            await _cycle(ours.port, asks[number % len(asks)], number % 4)
            if number % 1_000 == 999:
                bench.say(f"cycles  {number + 1:,} of {count:,} in {perf_counter() - began:.0f} s")

    await asyncio.gather(*(some(numbers) for _ in range(_AT_ONCE)))


async def _cycle(port: int, asks: bytes, kind: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if kind != 2:
        own: socket.socket = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.write(asks[: len(asks) // 2] if kind == 3 else asks)
    if kind in (1, 2):
        await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"retry: ")
    writer.transport.close()


async def _freed(ours: Gateway) -> tuple[float, float]:
    """(seconds until no place is taken, places still taken): 10 s are given."""
    began = perf_counter()
    while (left := await metric(ours, STREAMS_OPEN)) and perf_counter() - began < _PATIENCE:
        await asyncio.sleep(0.1)
    return perf_counter() - began, left
