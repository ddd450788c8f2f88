"""Servers of the outside world for tests: well-behaved feeds, and those that mean harm."""

import asyncio
import contextlib
import gzip
import socket
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Answer = Callable[["Outside", str, dict[str, str], asyncio.StreamWriter], Awaitable[None]]
MEGABYTE = 1_000_000


class Outside:
    """A server that answers each path as it was told to; what it was asked is remembered."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.sent = 0
        self.port = 0
        self.open = 0
        self.most_open = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, body: bytes | str, status: str = "200 OK", **headers: str) -> str:
        """Answers with this; a `_` of a header's name is a hyphen. Its address."""
        content = body.encode() if isinstance(body, str) else body
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())

        async def answer(_: Outside, __: str, ___: dict[str, str], writer: asyncio.StreamWriter) -> None:
            head = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode("latin-1") + content)

        self.answers[path] = answer
        return self.url(path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            self.asked[path] += 1
            self.headers[path] = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            answer = self.answers.get(path) or self.answers[path.partition("?")[0]]
            await answer(self, path, self.headers[path], writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the visitor has heard enough
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def outside(host: str = "127.0.0.1") -> AsyncIterator[Outside]:
    """Runs one; connections still open at the end are cut."""
    made, tasks = Outside(), set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await made.serve(reader, writer)
        tasks.discard(task)

    server = await asyncio.start_server(serve, host, 0, limit=MEGABYTE)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@cache
def _packed() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(100)) + packer.flush()


def _head(**headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()


async def hang(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """Accepts, and says nothing."""
    await asyncio.sleep(3_600)


async def trickle(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """A byte every 20 ms, without end: no single wait is ever long."""
    writer.write(_head())
    while True:
        writer.write(b"<")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """100 MB, without saying so before."""
    writer.write(_head(Content_Type="application/rss+xml"))
    for _ in range(100):
        writer.write(b"x" * MEGABYTE)
        server.sent += MEGABYTE
        await writer.drain()


async def bomb(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """100 MB of zeros in a hundred kilobytes of gzip."""
    packed = _packed()
    writer.write(_head(Content_Encoding="gzip", Content_Length=str(len(packed))) + packed)
    server.sent += len(packed)


async def members(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """Gzip of very many empty members."""
    writer.write(_head(Content_Encoding="gzip") + gzip.compress(b"") * 100_000)


async def cut_off(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """Promises more than it gives."""
    writer.write(_head(Content_Length="1000") + b"<rss>")


async def nothing(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """Hangs up."""


async def garbage(server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """No HTTP at all."""
    writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")


async def long_header(
    server: Outside, path: str, headers: dict[str, str], writer: asyncio.StreamWriter
) -> None:
    """A header of a megabyte."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * MEGABYTE + b"\r\n\r\n<rss/>")


def redirect(to: Callable[[str], str], status: int = 302) -> Answer:
    """Sends on to wherever `to` says for the path asked."""

    async def answer(server: Outside, path: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} x\r\nLocation: {to(path)}\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


class Names(AbstractResolver):
    """Name servers of the outside: each look-up takes the next answer, the last one for ever."""

    def __init__(self, **known: list[str]) -> None:
        self.known = {name.replace("_", "."): addresses for name, addresses in known.items()}
        self.asked: Counter[str] = Counter()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = self.known.get(host)
        if answers is None:
            raise OSError("no such name")
        address = answers[min(self.asked[host], len(answers) - 1)]
        self.asked[host] += 1
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for each in address.split()
        ]

    async def close(self) -> None:
        pass
