"""However many ask at once, a service is asked once."""

import asyncio
import json
from typing import Any

import pytest
from httpx import ReadTimeout

from shared.errors import Internal
from tests.gateway.cache.conftest import until

KEY = b"key_of_a_reader"


class Read:
    """A read behind the sockets, so that many are there at once, however busy the machine is."""

    def __init__(self, town: Any, path: str = "/list", platform: str = "web") -> None:
        self._front, self._path = town.gateway.state.front, f"/v1/news{path}"
        self._headers = [(b"x-api-key", KEY), (b"x-app-platform", platform.encode())]
        self.status, self.headers, self.body = 0, dict[bytes, bytes](), b""

    async def done(self) -> "Read":
        scope = {
            "type": "http",
            "method": "GET",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "headers": self._headers,
            "client": ("127.0.0.1", 1),
        }
        await self._front(scope, asyncio.get_running_loop().create_future, self._send)
        return self

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.body += message["body"]


async def at_once(*reads: Read) -> list[Read]:
    return await asyncio.gather(*(read.done() for read in reads))


async def test_a_thousand_cold_reads_at_once_are_one_call(town: Any) -> None:
    found = await at_once(*(Read(town) for _ in range(1_000)))
    assert {(read.status, read.body[:9]) for read in found} == {(200, b"id: Jalan")}
    assert len(town.desk.asked) == 1


async def test_a_failure_is_told_to_everybody_who_waited_each_with_his_own_request_id(town: Any) -> None:
    async def fail() -> None:
        raise Internal

    town.desk.before = fail
    found = await at_once(*(Read(town) for _ in range(20)))
    assert {read.status for read in found} == {500}
    assert len(town.desk.asked) == 1
    told = [json.loads(read.body)["request_id"].encode() for read in found]
    assert told == [read.headers[b"x-request-id"] for read in found]
    assert len(set(told)) == 20


async def test_whoever_hangs_up_ends_the_read_for_nobody_else(town: Any) -> None:
    held = asyncio.Event()
    town.desk.before = held.wait
    leader = asyncio.create_task(town.client.get("/v1/news/list", timeout=0.2))
    await until(lambda: town.desk.asked)
    async with asyncio.TaskGroup() as group:
        others = [group.create_task(Read(town).done()) for _ in range(5)]
        with pytest.raises(ReadTimeout):
            await leader
        held.set()
    assert {task.result().status for task in others} == {200}
    assert len(town.desk.asked) == 1


async def test_the_deadline_of_the_operation_bounds_everybody_who_waits(town: Any) -> None:
    town.desk.before = lambda: asyncio.sleep(30)
    found = await asyncio.wait_for(at_once(*(Read(town, "/brief") for _ in range(5))), 8)
    assert {(read.status, json.loads(read.body)["code"]) for read in found} == {(503, "deadline_exceeded")}
    assert len(town.desk.asked) == 1
    assert all(read.headers[b"retry-after"] for read in found)


async def test_readers_of_several_platforms_at_once_get_each_their_own(town: Any) -> None:
    town.desk.headers = {"Vary": "X-App-Platform"}
    found = await at_once(*(Read(town, "/pages/p", one) for one in ["android", "ios", "web"] * 10))
    assert {read.status for read in found} == {200}
    assert sorted(one["x-app-platform"] for one in town.desk.asked) == ["android", "ios", "web"]


async def test_head_first_fills_what_get_reads(town: Any) -> None:
    head = await town.client.head("/v1/news/list", headers={"Accept-Encoding": "identity"})
    got = await town.get()
    assert (head.headers["x-cache"], got.headers["x-cache"]) == ("miss", "hit")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(got.content)))
    again = await town.client.head("/v1/news/list", headers={"Accept-Encoding": "identity"})
    assert again.headers["x-cache"] == "hit"
    assert {n: again.headers[n] for n in ("etag", "content-length", "content-type")} == {
        n: got.headers[n] for n in ("etag", "content-length", "content-type")
    }
    assert len(town.desk.asked) == 1


async def test_a_read_that_cannot_even_begin_is_told_and_the_next_one_is_not_kept_waiting(town: Any) -> None:
    begin = town.kept.flights.begin

    def broken(*_: Any) -> bool:
        raise RuntimeError("no identity for this service")

    town.kept.flights.begin = broken
    try:
        assert (await town.get("/pages/unbegun")).status_code == 500
    finally:
        town.kept.flights.begin = begin
    assert (await town.get("/pages/unbegun")).headers["x-cache"] == "miss"
