"""A service that is slow, gone, broken or lying: bounded answers, nothing sent twice, healing by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import AsyncClient, ReadTimeout, TimeoutException

from gateway.clients import usecases as clients
from gateway.edge.catalogue import Catalogue
from gateway.edge.protocol import gateway_protocol
from shared.clock import ManualClock
from shared.testing import free_port, served

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/v1/news/thing": {
            method: {"x-city": {"audience": ["public"], "deadline_ms": 400, "body_limit": 10_000_000}}
            for method in ("get", "put", "post")
        }
    },
}


class Misbehaving:
    """A TCP server whose answer to each request is decided by the test."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answer: Handler = self.well

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head.partition(b"\r\n")[0])
                await self.answer(reader, writer)
                await writer.drain()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def well(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)

    async def hang_up(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def hang(self, *_: Any) -> None:
        await asyncio.sleep(30)

    def once(self, first: Handler) -> None:
        """`first` for one request, then well."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.answer = self.well
            await first(reader, writer)

        self.answer = answer

    def raw(self, *parts: bytes, pause: float = 0, close: bool = True) -> None:
        """These bytes, then the end."""

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            if close:
                writer.close()

        self.answer = answer


@asynccontextmanager
async def misbehaving() -> AsyncIterator[tuple[Misbehaving, int]]:
    service = Misbehaving()
    server = await asyncio.start_server(service.handle, "127.0.0.1", 0)
    try:
        yield service, server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def broken(
    make_gateway: Any, clock: ManualClock
) -> AsyncIterator[tuple[AsyncClient, Misbehaving, Any]]:
    """A gateway in front of a misbehaving service."""
    async with misbehaving() as (service, port):
        gateway = make_gateway(clock, port, documents_seconds=1_000)
        async with gateway.state.runtime.database.transaction() as session:
            await clients.register(session, code="web", name="web", key="key_to_break", now=clock.now())
        async with served(gateway, http=gateway_protocol(gateway.state.runtime)) as url:
            await loaded(gateway)
            gateway.state.runtime.part(Catalogue).offer("svc-news", "1", DOCUMENT)
            async with AsyncClient(base_url=url, headers={"X-Api-Key": "key_to_break"}, timeout=10) as client:
                await client.get("/v1/news/thing")  # leaves an idle connection: the next read needs no task
                service.requests.clear()
                yield client, service, gateway.state.runtime


async def loaded(gateway: Any) -> None:
    async with asyncio.timeout(10):
        while any(ask() for ask in gateway.state.runtime.not_ready):
            await asyncio.sleep(0.02)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_service_that_hangs_gives_503_for_a_read_and_504_for_a_write_in_time(broken: Any) -> None:
    client, service, _ = broken
    service.answer = service.hang
    for method, expected in (("GET", (503, "deadline_exceeded")), ("POST", (504, "outcome_unknown"))):
        started = time.monotonic()
        answer = await client.request(method, "/v1/news/thing")
        assert code(answer) == expected
        assert answer.headers["retry-after"]
        assert 0.39 < time.monotonic() - started < 0.6
    assert len(service.requests) == 2


async def test_a_read_is_sent_once_more_when_the_connection_breaks_and_a_write_never(broken: Any) -> None:
    client, service, _ = broken
    service.once(service.hang_up)
    assert (await client.get("/v1/news/thing")).text == "ok"
    assert len(service.requests) == 2
    for method in ("PUT", "POST"):
        await client.get("/v1/news/thing")  # a kept connection, which aiohttp would retry by itself
        service.requests.clear()
        service.once(service.hang_up)
        assert code(await client.request(method, "/v1/news/thing", content=b"x")) == (504, "outcome_unknown")
        assert len(service.requests) == 1


async def test_a_read_that_breaks_twice_is_503(broken: Any) -> None:
    client, service, _ = broken
    service.answer = service.hang_up
    assert code(await client.get("/v1/news/thing")) == (503, "unavailable")
    assert len(service.requests) == 2


async def test_retries_stay_within_a_tenth(broken: Any) -> None:
    client, service, run = broken
    for _ in range(60):
        service.answer = service.hang_up
        await client.get("/v1/news/thing")
        service.answer = service.well
        await client.get("/v1/news/thing")
    retried = run.metrics.registry.get_sample_value("city_upstream_retries_total", {"service": "svc-news"})
    assert 10 <= retried <= 10 + 12 + 1


@pytest.mark.parametrize(
    "parts",
    [
        (b"nonsense\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",),
        (b"HTTP/1.1 999999 OK\r\n\r\n",),
        (b"",),
    ],
)
async def test_garbage_from_a_service_becomes_a_clean_problem(broken: Any, parts: tuple[bytes, ...]) -> None:
    client, service, _ = broken
    service.raw(*parts)
    assert code(await client.get("/v1/news/thing")) == (503, "unavailable")
    service.raw(*parts)
    assert code(await client.post("/v1/news/thing", content=b"x")) == (504, "outcome_unknown")
    service.answer = service.well
    assert (await client.get("/v1/news/thing")).text == "ok"


async def test_a_dripping_answer_ends_at_the_deadline(broken: Any) -> None:
    client, service, _ = broken
    service.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, pause=0.1)
    started = time.monotonic()
    assert code(await client.get("/v1/news/thing")) == (503, "deadline_exceeded")
    assert time.monotonic() - started < 0.6


async def test_the_breaker_opens_after_many_failures_and_heals_by_itself(broken: Any) -> None:
    client, service, run = broken
    service.answer = service.hang_up
    for _ in range(25):
        await client.get("/v1/news/thing")
    seen = len(service.requests)
    started = time.monotonic()
    assert code(await client.get("/v1/news/thing")) == (503, "unavailable")
    assert time.monotonic() - started < 0.1
    assert len(service.requests) == seen
    assert any("svc-news: does not answer" in reason for ask in run.degraded for reason in ask())
    value = run.metrics.registry.get_sample_value("city_breaker_open", {"service": "svc-news"})
    assert value == 1.0
    service.answer = service.well
    async with asyncio.timeout(6):
        while (await client.get("/v1/news/thing")).status_code != 200:
            await asyncio.sleep(0.1)
    assert [(await client.get("/v1/news/thing")).status_code for _ in range(10)] == [200] * 10


async def test_refusals_by_the_service_never_open_the_breaker(broken: Any) -> None:
    client, service, _ = broken
    service.raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", close=False)
    assert {(await client.get("/v1/news/thing")).status_code for _ in range(50)} == {404}


async def test_clients_that_give_up_never_open_the_breaker_and_the_next_call_answers(broken: Any) -> None:
    client, service, run = broken
    service.answer = service.hang
    impatient = [client.get("/v1/news/thing", timeout=0.15) for _ in range(40)]
    results = await asyncio.gather(*impatient, return_exceptions=True)
    assert all(isinstance(r, TimeoutException) for r in results)
    await asyncio.sleep(0.3)
    service.answer = service.well
    assert (await client.get("/v1/news/thing")).text == "ok"
    sample = run.metrics.registry.get_sample_value
    assert sample("city_upstream_failures_total", {"service": "svc-news", "reason": "deadline"}) is None


async def test_a_read_is_given_up_when_its_client_goes_and_a_write_is_not(broken: Any) -> None:
    client, service, _ = broken
    outcome: list[str] = []

    async def watch(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(0.3):
                await reader.read()
            outcome.append("given up")
        except TimeoutError:
            outcome.append("still waited for")

    service.answer = watch
    for method in ("GET", "POST"):
        with pytest.raises(ReadTimeout):
            await client.request(method, "/v1/news/thing", timeout=0.1)
        await asyncio.sleep(0.3)
    assert outcome == ["given up", "still waited for"]


async def test_a_service_that_is_down_keeps_its_routes_is_503_and_heals(
    make_gateway: Any, make_news: Any, clock: ManualClock, databases: Any
) -> None:
    port, database = free_port(), databases.new("gateway")
    first = make_gateway(clock, port, database_url=database)
    async with first.state.runtime.database.transaction() as session:
        await clients.register(session, code="web", name="web", key="key_to_break", now=clock.now())
    async with served(make_news(clock), port), served(first):
        await loaded(first)
    gateway = make_gateway(clock, port, database_url=database)  # started while the service is down
    async with (
        served(gateway) as url,
        AsyncClient(base_url=url, headers={"X-Api-Key": "key_to_break"}) as client,
    ):
        await loaded(gateway)
        assert code(await client.get("/v1/news/seen")) == (503, "unavailable")
        assert code(await client.post("/v1/news/words", json={"words": "x"})) == (503, "unavailable")
        assert code(await client.get("/v1/news/nothing")) == (404, "not_found")
        async with served(make_news(clock), port):
            async with asyncio.timeout(5):
                while (await client.get("/v1/news/seen")).status_code != 200:
                    await asyncio.sleep(0.1)


async def test_a_full_pool_is_a_bulkhead(make_gateway: Any, clock: ManualClock) -> None:
    async with misbehaving() as (service, port):
        gateway = make_gateway(clock, port, documents_seconds=1_000, upstream_pool=3)
        async with gateway.state.runtime.database.transaction() as session:
            await clients.register(session, code="web", name="web", key="key_to_break", now=clock.now())
        async with served(gateway) as url:
            await loaded(gateway)
            gateway.state.runtime.part(Catalogue).offer("svc-news", "1", DOCUMENT)
            service.requests.clear()
            service.answer = service.hang
            async with AsyncClient(base_url=url, headers={"X-Api-Key": "key_to_break"}) as client:
                answers = await asyncio.gather(*(client.get("/v1/news/thing") for _ in range(12)))
            assert {a.status_code for a in answers} == {503}
            assert len(service.requests) <= 6


async def test_a_read_over_an_idle_connection_ends_well_however_its_answer_comes(broken: Any) -> None:
    client, service, run = broken
    large = b"x" * 400_000
    ways = {
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(large), large): (200, large),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",): (200, b"abc"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"la", b"te"): (200, b"late"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",): (404, b""),
        (b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',): (304, b""),
    }
    for parts, expected in ways.items():
        service.answer = service.well
        assert (await client.get("/v1/news/thing")).content == b"ok"
        service.raw(*parts, pause=0.04, close=False)
        answer = await client.get("/v1/news/thing")
        assert (answer.status_code, answer.content) == expected
    labels = {"route": "/v1/news/thing", "method": "GET", "status": "2xx"}
    assert run.metrics.registry.get_sample_value("city_http_requests_total", labels) == 9


LIES = {
    "a header that would be read as two": b"200 OK\r\nX-A: a\x01b",
    "a bare CR in a header": b"200 OK\r\nX-A: a\rSet-Cookie: b",
    "NUL in a header": b"200 OK\r\nX-A: a\x00b",
    "a name that is none": b"200 OK\r\nX A: b",
    "no status": b"000 OK",
    "a status beyond all": b"600 OK",
    "a status of its own": b"999 OK",
    "two lengths": b"200 OK\r\nContent-Length: 3",
    "a length and chunks": b"200 OK\r\nTransfer-Encoding: chunked",
    "no HTTP": b"or not",
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_answer_nobody_can_read_is_503_for_a_read_and_504_for_a_write(broken: Any, lie: str) -> None:
    """RFC 9110's 502 would say less: 503 is worth asking again, after 504 the same key is."""
    client, service, run = broken
    bad = b"HTTP/1.1 " + LIES[lie] + b"\r\nContent-Length: 2\r\n\r\nok"
    streamed = b"x" * 100_000
    for method, body, expected, sent in (
        ("GET", b"", (503, "unavailable"), 2),
        ("POST", b"x", (504, "outcome_unknown"), 1),
        ("PUT", streamed, (504, "outcome_unknown"), 1),
    ):
        service.requests.clear()
        service.raw(bad, close=False)
        if body == streamed:
            service.raw(bad)
        answer = await client.request(method, "/v1/news/thing", content=body)
        assert (code(answer), "x-a" in answer.headers) == (expected, False), method
        assert answer.headers["retry-after"]
        assert len(service.requests) == sent
        service.answer = service.well
        assert (await client.get("/v1/news/thing")).content == b"ok"
    labels = {"service": "svc-news", "reason": "connection"}
    assert run.metrics.registry.get_sample_value("city_upstream_failures_total", labels) == 3
