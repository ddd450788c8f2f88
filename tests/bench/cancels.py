"""A storm of callers who hang up after 0 to 20 ms, at a service that takes 30: the next call is answered."""

import asyncio
import random
from time import perf_counter

from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, gateway, request
from tests.bench.static import PATH, SLOW

_CALLERS, _LONGEST_SECONDS, _STORM_SECONDS = 40, 0.02, 5


async def rows(bench: Bench) -> list[Row]:
    """How many hung up, and what forty calls at once get right afterwards."""
    async with gateway(bench.folder / "cancels") as ours:
        ends = perf_counter() + _STORM_SECONDS
        counts = await asyncio.gather(*(_caller(ours, ends) for _ in range(_CALLERS)))
        bench.say(f"cancel storm  {sum(counts):,} hung up")
        after = await asyncio.gather(*(_call(ours, path) for path in [PATH, SLOW] * (_CALLERS // 2)))
    good = sum(line.startswith(b"HTTP/1.1 200") for line in after)
    told = f"{good} of {len(after)} answered after {sum(counts):,} hung up"
    return [Row("cancel storm", told, "", "", "the next call answers", good == len(after))]


async def _caller(ours: Gateway, ends: float) -> int:
    count = 0
    while perf_counter() < ends:
        _, writer = await asyncio.open_connection("127.0.0.1", ours.port)
        writer.write(request(SLOW, ours.port))
        await asyncio.sleep(random.uniform(0, _LONGEST_SECONDS))
        writer.close()
        count += 1
    return count


async def _call(ours: Gateway, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", ours.port)
    writer.write(request(path, ours.port))
    try:
        async with asyncio.timeout(5):
            return await reader.readline()
    except TimeoutError:
        return b""
    finally:
        writer.close()
