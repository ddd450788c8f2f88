"""1,000 identical reads at once of what nobody has asked for yet: how many of them the service sees."""

import asyncio
from time import perf_counter

from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, gateway, request
from tests.bench.static import COLD, COUNT

_READERS, _TOGETHER = 1_000, 100
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def rows(bench: Bench) -> list[Row]:
    """All connections are open before the first one asks."""
    async with gateway(bench.folder / "cold") as ours:
        pairs: list[Pair] = []
        for _ in range(0, _READERS, _TOGETHER):
            opening = (asyncio.open_connection("127.0.0.1", ours.port) for _ in range(_TOGETHER))
            pairs += await asyncio.gather(*opening)
        began, asked = perf_counter(), request(COLD, ours.port)
        for _, writer in pairs:
            writer.write(asked)
        lines = await asyncio.gather(*(reader.readline() for reader, _ in pairs))
        took = perf_counter() - began
        for _, writer in pairs:
            writer.close()
        calls = await _calls(ours)
    good = sum(line.startswith(b"HTTP/1.1 200") for line in lines)
    bench.say(f"cold reads  {good:,} of {_READERS:,} answered in {took:.2f} s, {calls} upstream")
    told = f"{calls} upstream, {good:,} answered"
    met = calls == 1 and good == _READERS
    return [Row(f"{_READERS:,} identical cold reads", told, "", "", "1 upstream, all answered", met)]


async def _calls(ours: Gateway) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", ours.upstream)
    writer.write(f"GET {COUNT} HTTP/1.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.rpartition(b"content-length: ")[2])
    told = await reader.readexactly(length)
    writer.close()
    return int(told)
