"""10,000 open streams on one worker: how long until an alert has reached all, and what a stream costs."""

import asyncio
import resource
import sys
from time import perf_counter

from shared.testing import free_port
from tests.bench.crowd import ALERT
from tests.bench.figures import Bench, Row
from tests.bench.processes import MEASURED, pss_megabytes, running

_STREAMS, _TOGETHER = 10_000, 200
_WORD = ALERT.splitlines()[-2]
_DESCRIPTORS_BESIDE = 200


class Listening(asyncio.Protocol):
    """One open stream; notes when it has heard the alert."""

    def __init__(self, open_: asyncio.Event, heard: list[float]) -> None:
        self._open, self._heard, self._words = open_, heard, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        self.transport = transport
        transport.write(b"GET /stream HTTP/1.1\r\nhost: demo\r\n\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """The greeting, or the alert."""
        self._open.set()
        self._words = (self._words + data)[-1_024:]
        if _WORD in self._words:
            self._heard.append(perf_counter())
            self._words = b""


async def rows(bench: Bench) -> list[Row]:
    """As many streams as descriptors allow, up to 10,000; the streams' machinery without its database."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count, port = min(_STREAMS, hard - _DESCRIPTORS_BESIDE), free_port()
    command = [sys.executable, "-m", "tests.bench.crowd", str(port)]
    async with running(command, port, core=MEASURED, log=bench.folder / "crowd.log") as pid:
        before = pss_megabytes(pid)
        heard: list[float] = []
        listening = await _open(port, count, heard)
        each = (pss_megabytes(pid) - before) * 1_024 / count
        bench.say(f"streams  {count:,} open, {each:.1f} KB each")
        seconds = await _tell(port, heard, count)
        for one in listening:
            one.transport.close()
    what = f"{count:,} open streams"
    return [
        Row(what, f"alert reached {len(heard):,} in {seconds:.2f} s", "", "", "all below 2 s", seconds < 2),
        Row(what, f"{each:.1f} KB each", "", "", "below 60 KB", each < 60),
    ]


async def _open(port: int, count: int, heard: list[float]) -> list[Listening]:
    loop, listening = asyncio.get_running_loop(), []
    for _ in range(0, count, _TOGETHER):
        opened = [asyncio.Event() for _ in range(min(_TOGETHER, count - len(listening)))]
        for event in opened:
            made = await loop.create_connection(lambda e=event: Listening(e, heard), "127.0.0.1", port)  # type: ignore[misc]
            listening.append(made[1])
        await asyncio.gather(*(event.wait() for event in opened))
    return listening


async def _tell(port: int, heard: list[float], count: int) -> float:
    """Seconds until the last one has heard, or infinity after 30."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = perf_counter()
    writer.write(b"GET /tell HTTP/1.1\r\nhost: demo\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    while len(heard) < count and perf_counter() - began < 30:
        await asyncio.sleep(0.01)
    writer.close()
    return max(heard) - began if len(heard) == count else float("inf")
