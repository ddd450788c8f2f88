"""222 front ends with keys and limits, all asking more than they may: how many each got is exact."""

import asyncio
import math
from dataclasses import dataclass
from time import monotonic

from tests.bench.figures import Bench, Row
from tests.bench.gateways import FrontEnd, Gateway, gateway, request
from tests.bench.static import KEPT

_FRONT_ENDS, _RATE, _BURST, _CONNECTIONS = 222, 4.0, 10, 2
_PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Got:
    """What one front end got; times on the stopwatch, which is also the gateway's."""

    admitted: int = 0
    asked: float = math.inf
    answered: float = math.inf
    last_asked: float = 0.0
    last_answered: float = 0.0

    def exact(self) -> bool:
        """burst + rate × T, ± 1, T being between what is certainly inside and certainly outside."""
        most = _BURST + _RATE * (self.last_answered - self.asked)
        least = _BURST + _RATE * (self.last_asked - self.answered)
        return math.floor(least) - 1 <= self.admitted <= math.floor(most) + 1


async def rows(bench: Bench) -> list[Row]:
    """With one worker, and with two that share the limits, two connections for each front end."""
    found = []
    for workers in (1, 2):
        ends = [FrontEnd(f"demo-{n:03}", f"{n:032}", _RATE, _BURST) for n in range(_FRONT_ENDS)]
        folder = bench.folder / f"clients-{workers}"
        async with gateway(folder, workers=workers, front_ends=ends) as ours:
            until = monotonic() + max(bench.seconds, 5)
            got = {each.key: Got() for each in ends}
            asking = [_ask(ours, key, each, until) for key, each in got.items() for _ in range(_CONNECTIONS)]
            await asyncio.gather(*asking)
        exact = sum(each.exact() for each in got.values())
        bench.say(f"{_FRONT_ENDS} front ends, {workers} workers  {exact} exact")
        told = f"{exact} exact, {sum(each.admitted for each in got.values()):,} admitted"
        what = f"{_FRONT_ENDS} front ends, {workers} worker" + "s" * (workers > 1)
        found.append(Row(what, told, "", "", "all exact ± 1", exact == _FRONT_ENDS))
    return found


async def _ask(ours: Gateway, key: str, got: Got, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", ours.port)
    asked = request(KEPT, ours.port, key)
    while monotonic() < until:
        began = monotonic()
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        got.admitted += head.startswith(b"HTTP/1.1 200")
        got.asked, got.answered = min(got.asked, began), min(got.answered, monotonic())
        got.last_asked, got.last_answered = max(got.last_asked, began), max(got.last_answered, monotonic())
        await asyncio.sleep(_PAUSE_SECONDS)
    writer.close()
