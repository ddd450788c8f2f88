"""From a change's commit in its service, by outbox and broker, until the gateway gives the new content."""

import asyncio
from time import perf_counter

from shared.testing import free_port
from tests.bench.changing import LIST, Changing, address, changing, said
from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, broker, gateway, request
from tests.bench.listening import metric
from tests.bench.load import percentiles

_EVENTS, _MOST_MS, _PATIENCE, _LOOK_SECONDS = 100, 250, 30, 0.001
_LISTENING, _PUBLISHERS = "city_cache_listening", 3
"""Whose changes the worker hears: the gateway itself, the static upstream, the service that changes."""


class Reader:
    """Reads the list again and again on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asks: bytes) -> None:
        self._reader, self._writer, self._asks = reader, writer, asks

    async def until(self, version: int, *, kept: bool = False) -> float:
        """When it read this version first; `kept`: out of the worker's memory."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                head, body = await self._read()
                if body.startswith(said(version)) and (not kept or b"x-cache: hit" in head):
                    return perf_counter()
                await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self) -> tuple[bytes, bytes]:
        self._writer.write(self._asks)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head, await self._reader.readexactly(int(length))


async def rows(bench: Bench) -> list[Row]:
    """100 changes one after the other; each time the old content is kept, and given until the purge."""
    port = free_port()
    async with (
        broker(bench.folder / "purges-nats") as nats,
        gateway(bench.folder / "purges", services=[address(port)], nats=nats) as ours,
        changing(bench.folder / "purges-service", port, ours.settings) as service,
    ):
        await _until_heard(ours)
        reader, writer = await asyncio.open_connection("127.0.0.1", ours.port)
        took = await _changes(bench, Reader(reader, writer, request(LIST, ours.port)), service)
        writer.close()
    found = percentiles(took)
    told, wanted = f"p50 {found['p50']:.0f} ms, p99 {found['p99']:.0f} ms", f"p99 < {_MOST_MS} ms"
    return [Row(f"purge by event, {_EVENTS} changes", told, "", "", wanted, found["p99"] < _MOST_MS)]


async def _changes(bench: Bench, reader: Reader, service: Changing) -> list[float]:
    """Seconds each, from the commit."""
    took = []
    for number in range(_EVENTS):
        await reader.until(service.version, kept=True)
        reading = asyncio.create_task(reader.until(service.version + 1))
        began = await service.change()
        took.append(await reading - began)
        if number % 25 == 24:
            bench.say(f"purges  {number + 1} of {_EVENTS}, the last after {took[-1] * 1_000:.0f} ms")
    return took


async def _until_heard(ours: Gateway) -> None:
    async with asyncio.timeout(_PATIENCE):
        while await metric(ours, _LISTENING) < _PUBLISHERS:
            await asyncio.sleep(0.1)
