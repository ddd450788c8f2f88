"""The way to one service: a port the gateway knows, which passes on, hangs, lies, or is nobody's."""

import asyncio
from collections.abc import Callable

from shared.testing import free_port

WELL, STOPPED, HANGS = "well", "stopped", "hangs"


def answer(body: bytes, kind: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole answer that everybody may keep."""
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nCache-Control: public, no-cache\r\nContent-Length: %d\r\n\r\n"
    return head % (status, kind, len(body)) + body


#: What a service that has lost its mind answers, whatever it is asked.
GARBAGE = {
    "no HTTP": b"\x16\x03\x01 nonsense\r\n\r\n",
    "HTML": answer(b"<html><h1>It works!</h1>", b"text/html"),
    "another shape": answer(b'{"rows": [1, 2, 3]}', b"application/json"),
    "500": answer(b"{}", b"application/json", b"500 Oh"),
}


class Line:
    """In front of a service that runs on; `requests` counts what came through to it, by target."""

    def __init__(self) -> None:
        self.port, self.requests = free_port(), dict[str, int]()
        self._mode, self._service = STOPPED, 0
        self._flows = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def to(self, service: int) -> str:
        """Begins to pass on to the service's port; the address that is told to the gateway."""
        self._service = service
        await self.becomes(WELL)
        return f"http://127.0.0.1:{self.port}"

    async def becomes(self, mode: str) -> None:
        """From now on: `well`, `stopped`, `hangs` or one of GARBAGE. Hanging keeps its connections."""
        before, self._mode = self._mode, mode
        if mode == HANGS:
            self._flows.clear()
        else:
            self._flows.set()
        if mode != HANGS and before != HANGS:
            await self._hang_up()
        if mode == STOPPED:
            await self.close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, backlog=2_048)

    async def close(self) -> None:
        """Nobody is there."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._hang_up()

    async def _hang_up(self) -> None:
        ended = list(self._open)
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._flows.wait()
            if self._mode == WELL:
                await self._pass_on(reader, writer)
            else:
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(GARBAGE[self._mode])
        except (OSError, asyncio.IncompleteReadError):
            return  # either side has gone: so has the line
        finally:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._service)
        ways = [
            asyncio.ensure_future(self._pump(reader, requests, self._count)),
            asyncio.ensure_future(self._pump(answers, writer, lambda _: None)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            requests.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, seen: Callable[[bytes], None]
    ) -> None:
        while piece := await source.read(65_536):
            await self._flows.wait()
            seen(piece)
            drain.write(piece)
            await drain.drain()

    def _count(self, piece: bytes) -> None:
        for line in piece.split(b"\r\n"):
            if line.endswith(b" HTTP/1.1"):
                target = line.split(b" ")[1].decode()
                self.requests[target] = self.requests.get(target, 0) + 1
