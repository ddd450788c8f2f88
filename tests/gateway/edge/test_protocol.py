"""Slow clients and smuggled requests, byte by byte."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

KEY = b"X-Api-Key: key_of_the_web_front_end\r\n"
HOST = b"Host: x\r\n" + KEY


@pytest.fixture(scope="module")
async def _quick(open_town: Callable[..., Any]) -> AsyncIterator[Any]:
    async with open_town(head_seconds=0.6, body_seconds=0.8) as made:
        yield made


@pytest.fixture
def quick(_quick: Any) -> Any:
    """A gateway that loses patience within a second."""
    _quick.notes.clear()
    return _quick


async def talk(town: Any, *parts: bytes, pause: float = 0.0, patience: float = 3) -> tuple[bytes, float]:
    """Sends the parts, reads until the gateway closes or nothing more comes; answers what came and when."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(town.url.rpartition(":")[2]))
    started, came = time.monotonic(), b""
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(patience):
            while chunk := await reader.read(65_536):
                came += chunk
    except (TimeoutError, ConnectionError):
        came += b""
    finally:
        writer.close()
    return came, time.monotonic() - started


def problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    return int(head.split()[1]), json.loads(body)["code"]


async def test_a_connection_that_says_nothing_is_closed(quick: Any) -> None:
    answer, seconds = await talk(quick)
    assert answer == b""
    assert 0.5 < seconds < 1.2


async def test_half_a_header_is_408_however_it_trickles(quick: Any) -> None:
    answer, seconds = await talk(quick, b"GET /v1/news/seen HTTP/1.1\r\nHost: x\r\nX-A: ")
    assert problem(answer) == (408, "request_timeout")
    assert 0.5 < seconds < 1.2
    drops = [b"G", b"E", b"T", b" ", b"/"]
    answer, seconds = await talk(quick, *drops, pause=0.1)
    assert problem(answer) == (408, "request_timeout")
    assert seconds < 1.3


async def test_half_a_header_on_a_kept_connection_is_timed_too(quick: Any) -> None:
    whole = b"GET /v1/news/open HTTP/1.1\r\n" + HOST + b"\r\n"
    answer, seconds = await talk(quick, whole, b"GET /v1/n", pause=0.2)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"408" in answer
    assert seconds < 1.6


async def test_half_a_body_is_408(quick: Any) -> None:
    head = b"POST /v1/news/words HTTP/1.1\r\n" + HOST + b"Content-Length: 50\r\n\r\n{"
    answer, seconds = await talk(quick, head)
    assert problem(answer) == (408, "request_timeout")
    assert 0.7 < seconds < 1.5
    upload = b"POST /v1/news/files HTTP/1.1\r\n" + HOST + b"Content-Length: 500000\r\n\r\n" + b"x" * 40_000
    answer, seconds = await talk(quick, upload)
    assert problem(answer) == (408, "request_timeout")
    assert seconds < 1.5


async def test_ordinary_requests_go_on_while_two_hundred_connections_idle(quick: Any) -> None:
    idle = [asyncio.create_task(talk(quick, b"GET /v1/ne")) for _ in range(200)]
    await asyncio.sleep(0.1)
    times = []
    for _ in range(20):
        started = time.monotonic()
        assert (await quick.client.get("/v1/news/open")).status_code == 200
        times.append(time.monotonic() - started)
    assert sorted(times)[15] < 0.3
    ended = await asyncio.gather(*idle)
    assert {problem(answer)[0] for answer, _ in ended} == {408}


async def test_an_answer_nobody_reads_is_cut_off(quick: Any) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(quick.url.rpartition(":")[2]), limit=1_024
    )
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    request = b"GET /v1/news/big HTTP/1.1\r\n" + HOST + b"\r\n"
    writer.write(request * 4)
    async with asyncio.timeout(8):
        while quick.metric("city_connections_closed_total", reason="unread") == 0:
            await asyncio.sleep(0.05)
    writer.close()
    assert reader is not None


SMUGGLED = {
    "CL and TE": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE and CL": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a list of lengths": b"Content-Length: 5, 6\r\n\r\nhello!",
    "signed length": b"Content-Length: +5\r\n\r\nhello",
    "hex length": b"Content-Length: 0x5\r\n\r\nhello",
    "huge length": b"Content-Length: 99999999999999999999999\r\n\r\nhello",
    "TE identity": b"Transfer-Encoding: identity\r\n\r\nhello",
    "TE twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TE gzip": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "TE with a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "blank before colon": b"Content-Length : 5\r\n\r\nhello",
    "folded header": b"X-A: 1\r\n folded\r\nContent-Length: 0\r\n\r\n",
    "bare LF": b"X-A: 1\nContent-Length: 0\r\n\r\n",
    "bare CR": b"X-A: 1\rContent-Length: 0\r\n\r\n",
    "NUL in a value": b"X-A: a\x00b\r\n\r\n",
    "two hosts": b"Host: y\r\nContent-Length: 0\r\n\r\n",
    "two keys": b"X-Api-Key: other\r\nContent-Length: 0\r\n\r\n",
    "two authorizations": b"Authorization: a\r\nAuthorization: b\r\nContent-Length: 0\r\n\r\n",
    "bad chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
async def test_what_two_servers_could_read_differently_is_400_and_the_connection_ends(
    quick: Any, name: str
) -> None:
    answer, seconds = await talk(quick, b"POST /v1/news/words HTTP/1.1\r\n" + HOST + SMUGGLED[name])
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert problem(answer) == (400, "bad_request")
    assert seconds < 2
    assert quick.notes == []


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://x/v1/news/open HTTP/1.1",
        b"CONNECT x:80 HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"GET v1/news/open HTTP/1.1",
        b"GET /v1/news/open HTTP/2.0",
        b"GET /v1/news/\xff\xfe HTTP/1.1",
        b"PRI * HTTP/2.0",
    ],
)
async def test_a_strange_request_line_is_400(quick: Any, line: bytes) -> None:
    answer, _ = await talk(quick, line + b"\r\n" + HOST + b"\r\n", patience=1.5)
    assert problem(answer) == (400, "bad_request")


async def test_an_endless_header_is_431(quick: Any) -> None:
    answer, _ = await talk(quick, b"GET / HTTP/1.1\r\nX-A: " + b"a" * 200_000)
    assert problem(answer) == (431, "headers_too_large")


async def test_pipelined_requests_are_answered_in_order(quick: Any) -> None:
    first = b"GET /v1/news/articles/1 HTTP/1.1\r\n" + HOST + b"\r\n"
    second = b"GET /v1/news/articles/2 HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    answer, _ = await talk(quick, first + second)
    assert answer.index(b'"1"') < answer.index(b'"2"')


async def test_a_refused_body_is_thrown_away_and_the_connection_goes_on(quick: Any) -> None:
    too_large = (
        b"POST /v1/news/words HTTP/1.1\r\n" + HOST + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000
    )
    then = b"GET /v1/news/open HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    answer, _ = await talk(quick, too_large, then)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"HTTP/1.1 200" in answer


DEEP, BROAD = b"[" * 90_000, b"[" + b"[]," * 30_000 + b"[]]"
ZIPPED = gzip.compress(bytes(100_000_000))
GZIP = {"Content-Encoding": "gzip"}
#: What is sent, and the status of a service and of the gateway itself: 400 what is not read to its end, 422
#: what is JSON for Python alone, or another thing than was asked for. Nothing packed is ever unpacked.
BOMBS: dict[str, tuple[bytes, dict[str, str], int]] = {
    "deep JSON": (DEEP, {}, 400),
    "deep JSON that ends": (DEEP[:45_000] + b"]" * 45_000, {}, 400),
    "deep JSON in a member": (b'{"words": ' + DEEP, {}, 400),
    "broad JSON": (BROAD, {}, 422),
    "NaN": (b'{"words": NaN}', {}, 422),
    "infinity": (b'{"words": -Infinity}', {}, 422),
    "a huge number": (b'{"words": ' + b"9" * 90_000 + b"}", {}, 400),
    "a huge exponent": (b'{"words": 1e999999999}', {}, 422),
    "a packed body": (ZIPPED, GZIP, 400),
    "a packed body twice": (gzip.compress(ZIPPED), {"Content-Encoding": "gzip, gzip"}, 400),
    "a packed body that does not say so": (ZIPPED, {}, 400),
}


def rise(since: int = 0) -> int:
    """The most memory this process has held, in bytes, above `since`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024 - since


def forget_peak() -> int:
    """The memory held now; what it was at most before counts no more."""
    Path("/proc/self/clear_refs").write_text("5")
    return rise()


async def test_bombs_are_refused_quickly_and_take_no_memory(quick: Any) -> None:
    """Gateway, service and client are this one process: less than 50 MB more for all of them."""
    before = forget_peak()
    for path in ("/v1/news/words", "/v1/auth/otp"):
        for name, (body, more, status) in BOMBS.items():
            started, headers = time.monotonic(), {"Content-Type": "application/json", **more}
            answer = await quick.client.post(path, content=body, headers=headers)
            assert answer.status_code == status, (name, answer.text)
            assert time.monotonic() - started < 1, name
    assert rise(before) < 50_000_000
    gzip.decompress(ZIPPED)  # whoever unpacks one is found
    assert rise(before) > 50_000_000


@pytest.mark.parametrize(("count", "status"), [(1_000, 200), (4_000, 431)])
async def test_many_ranges_are_ignored_or_too_long_and_take_no_memory(
    quick: Any, count: int, status: int
) -> None:
    """No answer comes in parts here: the whole one is RFC 9110's (14.2) to any Range, and is sent once."""
    before = forget_peak()
    ranges = {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(count))}
    for path in ("/v1/news/open", "/v1/news/big", "/v1/menus"):
        async with quick.client.stream("GET", path, headers=ranges) as answer:
            size = sum([len(part) async for part in answer.aiter_raw()])
            assert (answer.status_code, "content-range" in answer.headers) == (status, False)
            assert size < 3_200_000
    assert rise(before) < 50_000_000
