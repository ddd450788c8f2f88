"""Many callers at once: those who hang up cost nobody an answer, and each front end has its own share."""

import asyncio
import random
import time
from typing import Any

from gateway.clients import usecases as clients

KEY = b"X-Api-Key: key_of_the_web_front_end\r\n"
_FRONT_ENDS, _BURST, _ASKED = 222, 3, 6


def port_of(town: Any) -> int:
    return int(town.url.rpartition(":")[2])


async def hang_up(town: Any, until: float) -> int:
    count = 0
    while time.monotonic() < until:
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(town))
        writer.write(b"GET /v1/news/slow?ms=30 HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n")
        await asyncio.sleep(random.uniform(0, 0.02))
        writer.close()
        count += 1
    return count


async def test_after_a_storm_of_callers_who_hang_up_every_next_call_is_answered(town: Any) -> None:
    until = time.monotonic() + 1
    assert sum(await asyncio.gather(*(hang_up(town, until) for _ in range(40)))) > 40
    paths = ["/v1/news/seen", "/v1/news/slow?ms=1", "/v1/news/slow?ms=70"] * 7
    answers = await asyncio.gather(*(town.client.get(path) for path in paths))
    assert [a.status_code for a in answers] == [200] * 21


async def admitted(town: Any, key: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(town))
    head = f"GET /v1/news/articles/1 HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\n"
    writer.write((head + "\r\n").encode() * (_ASKED - 1) + (head + "Connection: close\r\n\r\n").encode())
    answers = await reader.read(-1)
    writer.close()
    assert answers.count(b"HTTP/1.1 200") + answers.count(b"HTTP/1.1 429") == _ASKED
    return answers.count(b"HTTP/1.1 200")


async def test_each_of_222_front_ends_gets_exactly_what_it_may(open_town: Any) -> None:
    async with open_town(address_burst=1_000_000, address_rate=1_000) as town:
        keys = [f"key_{n:032}" for n in range(_FRONT_ENDS)]
        async with town.run.database.transaction() as session:
            for number, key in enumerate(keys):
                given = {"key": key, "rate_per_second": 0.01, "burst": _BURST}
                now = town.run.clock.now()
                await clients.register(session, code=f"end-{number}", name="demo", now=now, **given)
        async with asyncio.timeout(10):
            while (
                await town.client.get("/v1/news/seen", headers={"X-Api-Key": keys[-1]})
            ).status_code == 401:
                await asyncio.sleep(0.05)
        counts = [await admitted(town, key) for key in keys[:-1]]
        assert counts == [_BURST] * (_FRONT_ENDS - 1)
