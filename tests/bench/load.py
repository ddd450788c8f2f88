"""A small load generator: a fixed number of connections, each asks again as soon as it has its answer."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Tally:
    """What was answered while it counted."""

    counting: bool = False
    stopping: bool = False
    seconds: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def note(self, status: str, took: float) -> None:
        """One answer."""
        if self.counting:
            self.seconds.append(took)
            self.statuses[status] = self.statuses.get(status, 0) + 1


class Client(asyncio.Protocol):
    """One connection that asks, waits for the whole answer, and asks again."""

    def __init__(self, next_request: Callable[[], bytes], tally: Tally) -> None:
        self._next_request, self._tally = next_request, tally
        self._buffer = b""
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collects one answer."""
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        if length is not None:
            whole = len(self._buffer) >= head + 4 + int(length[1])
        else:
            whole = self._buffer.endswith(b"\r\n0\r\n\r\n")
        if whole:
            self._tally.note(self._buffer[9:12].decode(), perf_counter() - self._asked)
            self._buffer = b""
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """An answer that ended here is noted as lost."""
        if not self._tally.stopping:
            self._tally.note("lost", 0)
        self.closed.set_result(None)

    def _ask(self) -> None:
        if self._tally.stopping:
            self._transport.close()
            return
        self._asked = perf_counter()
        self._transport.write(self._next_request())


async def load(
    port: int, next_request: Callable[[], bytes], *, connections: int, seconds: float, warm: float
) -> dict[str, Any]:
    """Requests a second, p50 and p99 in ms, and how often each status came, after `warm` seconds."""
    loop, tally = asyncio.get_running_loop(), Tally()
    clients = [
        (await loop.create_connection(lambda: Client(next_request, tally), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(warm)
    tally.counting, began = True, perf_counter()
    await asyncio.sleep(seconds)
    took, tally.counting, tally.stopping = perf_counter() - began, False, True
    await asyncio.wait([client.closed for client in clients], timeout=5)
    rate = len(tally.seconds) / took
    return {
        "rate": rate,
        "answers": len(tally.seconds),
        **percentiles(tally.seconds),
        "statuses": tally.statuses,
    }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds; NaN without a value."""
    ordered = sorted(seconds)
    if not ordered:
        return dict.fromkeys(("p50", "p95", "p99"), float("nan"))
    return {
        "p50": ordered[len(ordered) // 2] * 1_000,
        "p95": ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] * 1_000,
        "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1_000,
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    same = asked.pop("request").encode()
    sys.stdout.write(json.dumps(uvloop.run(load(next_request=lambda: same, **asked))))
