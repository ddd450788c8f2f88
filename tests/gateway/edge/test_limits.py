"""Rate limits: exact, over processes too, and not talked round."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.addresses import Addresses, limit_key
from gateway.edge.gcra import Policy, decide
from gateway.edge.rate_file import RateFile

POLICY = Policy("test", rate=200, burst=500)


def hammer(path: str, seconds: float, together: Any, results: Any) -> None:
    """Asks as fast as it can once all are there; reports from when to when, and how many got in."""
    file = RateFile(Path(path))
    admitted = 0
    together.wait(20)
    begin = last = time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        last = now
        admitted += file.take(b"one key", POLICY, now).admitted
    while file.take(b"one key", POLICY, last).admitted:  # what a busy machine kept it from asking for
        admitted += 1
    file.close()
    results.put((begin, last, admitted))


@pytest.mark.parametrize("processes", [1, 2])
def test_admitted_is_burst_plus_rate_times_time_give_or_take_one(tmp_path: Path, processes: int) -> None:
    context = multiprocessing.get_context("spawn")
    results, together, seconds = context.Queue(), context.Barrier(processes), 1.5
    path = str(tmp_path / "rates")
    workers = [
        context.Process(target=hammer, args=(path, seconds, together, results)) for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    reports = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(10)
    begins, ends, admitted = zip(*reports, strict=True)
    allowed = int(500 + 200 * (max(ends) - min(begins)))  # whole requests
    assert abs(sum(admitted) - allowed) <= 1


@given(
    rate=st.floats(0.1, 1_000),
    burst=st.integers(1, 500),
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_no_span_of_time_ever_admits_more_than_burst_plus_rate(
    rate: float, burst: int, gaps: list[float]
) -> None:
    policy, now, arrival = Policy("p", rate, burst), 1_000.0, 0.0
    admitted: list[float] = []
    for gap in gaps:
        now += gap
        arrival, decision = decide(policy, arrival, now)
        if decision.admitted:
            admitted.append(now)
    for first in range(0, len(admitted), 7):
        span = admitted[-1] - admitted[first]
        assert len(admitted) - first <= burst + rate * span + 1e-3


def test_keys_never_share_a_state_and_the_file_outlives_its_process(tmp_path: Path) -> None:
    file, tight = RateFile(tmp_path / "rates"), Policy("tight", 0.01, 1)
    keys = [f"key {n}".encode() for n in range(20_000)]
    assert all(file.take(key, tight, 100.0).admitted for key in keys)
    assert not any(file.take(key, tight, 100.5).admitted for key in keys)
    file.close()
    again = RateFile(tmp_path / "rates")
    assert not any(again.take(key, tight, 101.0).admitted for key in keys)
    again.close()


def test_neighbours_that_want_the_same_place_of_a_slot_do_not_share_it(tmp_path: Path) -> None:
    file, policy, keys = RateFile(tmp_path / "rates"), Policy("test", rate=1, burst=3), range(8)
    file._place = {b"%d" % n: (4_096, 8 * (n + 1), 0) for n in keys}.__getitem__  # type: ignore[assignment]
    for _ in range(3):
        assert all(file.take(b"%d" % n, policy, 100.0).admitted for n in keys)
    assert not any(file.take(b"%d" % n, policy, 100.0).admitted for n in keys)
    assert [file.take(b"%d" % n, policy, 101.0).admitted for n in keys for _ in range(2)] == [True, False] * 8
    assert file.take(b"0", policy, 200.0).remaining == 2, "whoever stayed away for long is as good as new"
    file.close()


def test_a_clock_that_began_again_locks_nobody_out(tmp_path: Path) -> None:
    file = RateFile(tmp_path / "rates")
    while file.take(b"k", POLICY, 9_000_000.0).admitted:
        continue
    assert file.take(b"k", POLICY, 5.0).admitted
    file.close()


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rates").write_bytes(b"something else entirely")
    with pytest.raises(ValueError, match="RATE_FILE"):
        RateFile(tmp_path / "rates")


FORWARDED = b"x-forwarded-for"


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("203.0.113.9", [(FORWARDED, b"198.51.100.1")], "203.0.113.9"),
        ("10.0.0.1", [(FORWARDED, b"198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(FORWARDED, b"1.1.1.1, 198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(FORWARDED, b"1.1.1.1, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
        ("10.0.0.1", [(FORWARDED, b"1.1.1.1"), (FORWARDED, b"198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", [(FORWARDED, b"1.1.1.1, nonsense")], "10.0.0.1"),
        ("10.0.0.1", [(b"forwarded", b"for=1.1.1.1"), (b"x-real-ip", b"1.1.1.1")], "10.0.0.1"),
        ("10.0.0.1", [(FORWARDED, b"198.51.100.1:4711")], "198.51.100.1"),
        ("10.0.0.1", [(FORWARDED, b"[2001:db8::7]:4711")], "2001:db8::1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("2001:db8::1", [], "2001:db8::ffff:1"),
    ],
)
def test_the_address_is_read_from_the_right_past_trusted_proxies_only(
    peer: str, headers: list[tuple[bytes, bytes]], expected: str
) -> None:
    assert Addresses(["10.0.0.0/8"]).caller(peer, headers) == limit_key(expected)


def test_neighbours_have_limits_of_their_own() -> None:
    assert limit_key("2001:db8::1") != limit_key("2001:db8:0:1::1")
    assert limit_key("203.0.113.9") != limit_key("203.0.113.8")


async def admitted(client: AsyncClient, number: int, **more: Any) -> int:
    answers = await asyncio.gather(*(client.get("/v1/news/open", **more) for _ in range(number)))
    assert {a.status_code for a in answers} <= {200, 429}
    return sum(a.status_code == 200 for a in answers)


async def test_an_address_runs_out_and_is_told_when_to_come_back(open_town: Any) -> None:
    async with open_town(address_rate=0.5, address_burst=20) as town:
        assert await admitted(town.client, 40) in (20, 21)
        answer = await town.client.get("/v1/news/open")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 2
        assert answer.headers["ratelimit-policy"] == '"address";q=20;w=40'
        assert answer.headers["ratelimit"].startswith('"address";r=0;t=')
        assert town.metric("city_limit_hits_total", policy="address") >= 19


async def test_forwarded_headers_case_and_slashes_talk_nobody_round_a_limit(open_town: Any) -> None:
    async with open_town(address_rate=0.01, address_burst=30) as town:
        tricks: list[dict[str, str]] = [{"X-Forwarded-For": f"198.51.100.{n}"} for n in range(20)] + [
            {"Forwarded": f"for=198.51.100.{n}", "X-Real-Ip": f"198.51.100.{n}"} for n in range(20)
        ]
        asked = [town.client.get("/v1/news/open", headers=headers) for headers in tricks]
        paths = ("/V1/news/open", "/v1/news/open/", "//v1/news/open", "/v1/news/open?x=1")
        asked += [town.client.get(path) for path in paths]
        statuses = [a.status_code for a in await asyncio.gather(*asked)]
        assert sum(status != 429 for status in statuses) in (30, 31)


async def test_a_front_ends_key_has_its_own_limit_however_many_people_use_it(
    open_town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    async with open_town(client={"rate_per_second": 0.01, "burst": 15}) as town:
        asked = [
            town.client.get("/v1/news/mine", headers=signed_in(sub=f"c{n}", sid=f"s{n}")) for n in range(30)
        ]
        statuses = [a.status_code for a in await asyncio.gather(*asked)]
        assert statuses.count(200) in (15, 16)
        assert (await town.client.get("/v1/news/open")).status_code == 200


async def test_a_person_has_one_limit_over_all_tokens(
    open_town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    async with open_town(user_rate=0.01, user_burst=10) as town:
        asked = [town.client.get("/v1/news/mine", headers=signed_in(sid=f"s{n}")) for n in range(25)]
        statuses = [a.status_code for a in await asyncio.gather(*asked)]
        assert statuses.count(200) in (10, 11)
        other = await town.client.get("/v1/news/mine", headers=signed_in(sub="c2"))
        assert other.status_code == 200
        assert '"user";q=10' in other.headers["ratelimit-policy"]


async def test_kept_answers_heads_options_refusals_and_pipelined_reads_are_charged_like_any_other(
    open_town: Any,
) -> None:
    async with open_town(address_rate=0.01, address_burst=60) as town:
        first = await town.client.get("/v1/menus")
        tag = {"If-None-Match": first.headers["etag"]}
        asked = [town.client.get("/v1/menus") for _ in range(8)]
        asked += [town.client.get("/v1/menus", headers=tag) for _ in range(8)]
        for method in ("HEAD", "OPTIONS", "DELETE"):
            asked += [town.client.request(method, "/v1/menus") for _ in range(8)]
        asked += [town.client.get("/v1/menus", headers={"X-Api-Key": f"k{n}"}) for n in range(8)]
        statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
        assert (429 in statuses, statuses[:8]) == (False, [200] * 8)
        one = b"GET /v1/menus HTTP/1.1\r\nHost: x\r\nX-Api-Key: key_of_the_web_front_end\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", int(town.url.rpartition(":")[2]))
        writer.write((one + b"\r\n") * 39 + one + b"Connection: close\r\n\r\n")
        answers = await reader.read(-1)
        writer.close()
        assert answers.count(b"HTTP/1.1 200") in (60 - 49, 60 - 49 + 1)
        assert answers.count(b"HTTP/1.1 429") == 40 - answers.count(b"HTTP/1.1 200")


async def test_the_addresses_of_one_subscriber_are_one_behind_our_own_proxy(open_town: Any) -> None:
    async with open_town(address_rate=0.01, address_burst=20, trusted_proxies=["127.0.0.0/8"]) as town:
        names = [f"2001:db8:1:2:{n:x}::{n:x}" for n in range(1, 31)]
        asked = [
            town.client.get("/v1/menus", headers={"X-Forwarded-For": f"{n}, {name}"})
            for n, name in enumerate(names)
        ]
        assert [a.status_code for a in await asyncio.gather(*asked)].count(200) in (20, 21)
        other = await town.client.get("/v1/menus", headers={"X-Forwarded-For": "2001:db8:1:3::1"})
        assert other.status_code == 200


@pytest.mark.parametrize("workers", [1, 2])
async def test_over_http_a_key_gets_its_burst_and_its_rate_however_its_connections_spread(
    open_town: Any, tmp_path: Path, workers: int
) -> None:
    """Workers are gateways with a process's own memory each, and one RATE_FILE."""
    shared, limit = {"rate_file": tmp_path / "rates"}, {"rate_per_second": 50, "burst": 40}
    async with AsyncExitStack() as stack:
        towns = [await stack.enter_async_context(open_town(client=limit, address_burst=10**6, **shared))]
        while len(towns) < workers:
            more = {"database_url": towns[0].gateway_url, "address_burst": 10**6, **shared}
            towns.append(await stack.enter_async_context(open_town(**more)))
        admitted, begin = 0, time.monotonic()
        first_back = last_sent = begin
        while last_sent < begin + 1:
            last_sent = time.monotonic()
            clients = [AsyncClient(base_url=town.url, headers=dict(town.client.headers)) for town in towns]
            asked = [client.get("/v1/menus") for client in clients for _ in range(40)]
            statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
            admitted += statuses.count(200)
            first_back = time.monotonic() if first_back == begin else first_back
            await asyncio.gather(*(client.aclose() for client in clients))
        longest, shortest = time.monotonic() - begin, last_sent - first_back
        assert 40 + 50 * shortest - 1 <= admitted <= 40 + 50 * longest + 1
