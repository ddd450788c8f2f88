"""The gateway's own client: connections are kept, and whatever a service does wrong ends in a clean error."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.edge.reply import Reply
from gateway.edge.wire import Broken, NotSent, Wires
from shared.testing import free_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers every request with the same bytes; counts connections and requests."""

    def __init__(self, *parts: bytes, close: bool = False, pause: float = 0.0) -> None:
        self.parts, self.close, self.pause = parts, close, pause
        self.connections = 0
        self.requests: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                for part in self.parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(self.pause)
                if self.close:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def wired(server: Server, most: int = 4, path: str = "") -> AsyncIterator[Wires]:
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    wires = Wires(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}{path}", most)
    try:
        yield wires
    finally:
        await wires.close()
        listening.close()


async def whole(reply: Reply) -> bytes:
    parts = []
    while part := await reply.readany():
        parts.append(part)
    return b"".join(parts)


async def get(wires: Wires) -> tuple[int, bytes]:
    reply = await wires.send("GET", "/a?b=c", [(b"x-one", b"1")], b"")
    return reply.status, await whole(reply)


async def test_one_connection_serves_one_request_after_the_other() -> None:
    server = Server(OK)
    async with wired(server, path="/base") as wires:
        assert {await get(wires) for _ in range(20)} == {(200, b"ok")}
    assert server.connections == 1
    head = server.requests[0]
    assert head.startswith(b"GET /base/a?b=c HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"\r\nx-one: 1\r\n" in head


@pytest.mark.parametrize(
    ("parts", "close", "expected"),
    [
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", b"1\r\nc\r\n0\r\n\r\n"],
            False,
            b"abc",
        ),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"until ", b"the end"], True, b"until the end"),
        ([b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold"], True, b"old"),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", OK], False, b"ok"),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"], True, b"ok"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], False, b""),
        ([bytes([b]) for b in OK], False, b"ok"),
    ],
)
async def test_every_way_to_end_an_answer_is_understood(
    parts: list[bytes], close: bool, expected: bytes
) -> None:
    async with wired(Server(*parts, close=close)) as wires:
        for _ in range(3):
            reply = await wires.send("GET", "/", [], b"")
            assert (reply.status in (200, 204), await whole(reply)) == (True, expected)


@pytest.mark.parametrize(
    "parts",
    [
        [b"nonsense\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"],
        [b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000],
        [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"],
        [b""],
    ],
)
async def test_whatever_is_no_answer_is_broken_and_frees_its_place(parts: list[bytes]) -> None:
    async with wired(Server(*parts, close=True), most=1) as wires:
        for _ in range(3):
            with pytest.raises(Broken):
                await get(wires)
        await asyncio.sleep(0.01)
        assert not wires.full


async def test_bytes_nobody_asked_for_end_the_connection_not_the_next_request() -> None:
    server = Server(OK + OK)
    async with wired(server) as wires:
        for _ in range(3):
            assert await get(wires) == (200, b"ok")
            await asyncio.sleep(0.02)
    assert server.connections == 3


async def test_a_connection_the_service_closed_while_idle_is_not_used_again() -> None:
    server = Server(OK, close=True)
    async with wired(server) as wires:
        for _ in range(3):
            assert await get(wires) == (200, b"ok")
            await asyncio.sleep(0.02)
    assert server.connections == 3


async def test_a_reader_slower_than_the_service_makes_it_wait() -> None:
    size = 32 * 1_048_576
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while sent < size:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(pour, "127.0.0.1", 0)
    wires = Wires(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", 1)
    reply = await wires.send("GET", "/", [], b"")
    await asyncio.sleep(0.5)
    assert sent < size / 2
    assert len(await whole(reply)) == size
    await wires.close()
    listening.close()


async def test_a_connection_that_had_to_wait_for_its_reader_answers_the_next_request() -> None:
    size = 1_300_000
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    async with wired(server, most=1) as wires:
        for _ in range(5):
            reply = await wires.send("GET", "/", [], b"")
            await asyncio.sleep(0.1)
            async with asyncio.timeout(5):
                assert len(await whole(reply)) == size
    assert server.connections == 1


async def test_an_answer_nobody_reads_on_costs_its_connection_and_no_more() -> None:
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"x" * 9, pause=0.05)
    async with wired(server, most=1) as wires:
        for _ in range(3):
            reply = await wires.send("GET", "/", [], b"")
            reply.release()
            await asyncio.sleep(0.01)
            assert not wires.full
    assert server.connections == 3


async def test_a_cancelled_caller_gives_the_place_back() -> None:
    async with wired(Server(b"", pause=5), most=1) as wires:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await get(wires)
            await asyncio.sleep(0.01)
        assert not wires.full


async def test_without_a_server_or_a_free_place_nothing_is_sent() -> None:
    with pytest.raises(NotSent):
        await get(Wires(f"http://127.0.0.1:{free_port()}", 1))
    server = Server(b"", pause=5)
    async with wired(server, most=1) as wires:
        first = asyncio.create_task(get(wires))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await get(wires)
        first.cancel()
    assert len(server.requests) == 1
