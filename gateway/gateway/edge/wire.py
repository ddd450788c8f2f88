"""HTTP/1.1 to one service over kept connections: small requests, answers as they come.

A third of what a general client costs, for the one case that every request is: a few headers there, an answer
back. Uploads and streams go through aiohttp (`upstream.py`).
"""

import asyncio
from typing import cast
from urllib.parse import urlsplit

import httptools

from gateway.edge.places import Places
from gateway.edge.reply import Headers, Reply, answered
from shared.clock import stopwatch

_CONNECT_SECONDS = 1.0
#: Services keep idle connections for 75 s; giving ours up much earlier, no request races a closing socket.
_IDLE_SECONDS = 15.0
_HEAD_BYTES = 65_536


class NotSent(OSError):
    """No connection in time, or none free: the service has seen nothing of the request."""


class Broken(OSError):
    """The answer ended early or was no HTTP; the service may have done what was asked."""


def refuse_strange(status: int) -> None:
    """Broken for a status that there is not (RFC 9110, 15): nobody could be told it."""
    if not 200 <= status < 600:
        raise Broken(f"status {status}")


class Wire(asyncio.Protocol):
    """One connection, with at most one request under way."""

    def __init__(self, pool: "Wires", loop: asyncio.AbstractEventLoop) -> None:
        self._pool, self._loop = pool, loop
        self._parser = httptools.HttpResponseParser(self)
        self._reply: Reply | None = None
        self._headers: Headers = []
        self._size, self._to_the_end = 0, False
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to send."""
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> Reply:
        """Sends a whole request; its reply is still to come."""
        self._headers, self._size, self._to_the_end = [], 0, False
        self._reply = Reply(self, self._loop)
        self.transport.write(request)
        return self._reply

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; whatever comes unasked or is no HTTP ends the connection."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._end(Broken(f"no HTTP: {type(error).__name__}"))
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """A body without a length ends here; anything else was cut off."""
        if exc is None and self._to_the_end:
            self._end(None)
        else:
            self._end(Broken("the connection ended"))
        self._pool.gone(self)

    def on_message_begin(self) -> None:
        """An answer to nothing is a lie."""
        if self._reply is None:
            raise ValueError("an answer nobody asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Kept as it came, up to 64 KiB in all."""
        self._size += len(name) + len(value)
        if self._size > _HEAD_BYTES:
            raise ValueError("headers of more than 64 KiB")
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head of the answer, unless it only announces one (1xx)."""
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._headers = []
            return
        refuse_strange(status)
        if self._reply is not None:
            names = {name.lower() for name, _ in self._headers}
            ends = status in (204, 304) or bool(names & {b"content-length", b"transfer-encoding"})
            self._to_the_end = not ends
            self._reply.raw_headers, self._reply.status = self._headers, status
            self._reply.wake()

    def on_body(self, part: bytes) -> None:
        """Some of the body."""
        if self._reply is not None:
            self._reply.add(part)

    def on_message_complete(self) -> None:
        """The answer is whole; the connection may be used again."""
        if self._reply is None or not self._reply.status:
            return
        keep = self._parser.should_keep_alive()
        self._end(None)
        self._pool.free(self, keep)

    def _end(self, error: Exception | None) -> None:
        if self._reply is not None:
            self._reply.end(error)
            self._reply = None


class Wires:
    """The connections to one service; `most` is how many requests may be under way (the bulkhead)."""

    def __init__(self, url: str, most: int) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self.host = parts.netloc.rpartition("@")[2].encode()
        self._path = parts.path.rstrip("/").encode()
        self._places = Places(most)
        self._idle: list[Wire] = []
        self._busy: set[Wire] = set()

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return not self._places.left

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Reply:
        """The reply once its head is there. NotSent: nothing left this machine; Broken: something may."""
        request = self._request(method, target, headers, body)
        wire = await self._take()
        return await answered(wire.send(request))

    def send_now(self, method: str, target: str, headers: Headers) -> Reply | None:
        """A request without a body over a connection that is idle; None if there is none or no place."""
        wire = self._kept() if self._places.left else None
        if wire is None:
            return None
        self._places.take()
        self._busy.add(wire)
        return wire.send(self._request(method, target, headers, b""))

    def free(self, wire: Wire, keep: bool) -> None:
        """Its answer is whole: another request may have it."""
        if wire not in self._busy:
            return
        self._busy.discard(wire)
        self._places.release()
        if keep:
            wire.transport.resume_reading()  # whoever paused it has had its answer
            wire.idle_since = stopwatch()
            self._idle.append(wire)
        else:
            wire.transport.close()

    def gone(self, wire: Wire) -> None:
        """It was closed, by whomever."""
        if wire in self._busy:
            self._busy.discard(wire)
            self._places.release()
        elif wire in self._idle:
            self._idle.remove(wire)

    async def close(self) -> None:
        """Closes every connection."""
        for wire in [*self._idle, *self._busy]:
            wire.transport.abort()

    def _request(self, method: str, target: str, headers: Headers, body: bytes) -> bytes:
        lines = [
            b"%s %s%s HTTP/1.1\r\nhost: %s\r\n"
            % (method.encode(), self._path, target.encode("latin-1"), self.host)
        ]
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        if body or method not in ("GET", "HEAD"):
            lines.append(b"content-length: %d\r\n" % len(body))
        lines += (b"\r\n", body)
        return b"".join(lines)

    async def _take(self) -> Wire:
        if not self._places.take():
            try:
                await self._places.wait(_CONNECT_SECONDS)
            except TimeoutError as error:
                raise NotSent("no connection is free") from error
        wire = self._kept() or await self._connect()
        self._busy.add(wire)
        return wire

    def _kept(self) -> Wire | None:
        now = stopwatch()
        while self._idle:
            wire = self._idle.pop()
            if not wire.transport.is_closing() and now - wire.idle_since < _IDLE_SECONDS:
                return wire
            wire.transport.close()
        return None

    async def _connect(self) -> Wire:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, wire = await loop.create_connection(
                    lambda: Wire(self, loop), self._host, self._port, ssl=self._tls or None
                )
        except BaseException as error:
            self._places.release()
            if isinstance(error, OSError | TimeoutError):
                raise NotSent(f"no connection: {type(error).__name__}") from error
            raise
        return wire
