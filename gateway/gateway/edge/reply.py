"""The answer to one request of the gateway's own client, as it comes."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

_AHEAD_BYTES = 262_144
Headers = list[tuple[bytes, bytes]]


class Connection(Protocol):
    """Where an answer comes from."""

    transport: asyncio.Transport


class Reply:
    """One answer. `status` and `raw_headers` stand once `head` returned; the body comes by `readany`."""

    __slots__ = (
        "_ended",
        "_error",
        "_loop",
        "_parts",
        "_size",
        "_waiter",
        "_wire",
        "raw_headers",
        "status",
        "then",
    )

    def __init__(self, wire: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.status = 0
        self.raw_headers: Headers = []
        self._wire: Connection | None = wire
        self._parts: deque[bytes] = deque()
        self._size, self._ended = 0, False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.then: Callable[[], None] | None = None
        """Called once the answer is whole, broken, or more than is taken in without a reader."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the answer is there, and well."""
        return self._ended

    def taken(self) -> bytes:
        """What has arrived of the body and was not yet read."""
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        return body

    async def head(self) -> None:
        """Returns when status and headers are there; Broken if they never come."""
        while not self.status:
            await self._more()

    async def readany(self) -> bytes:
        """What has arrived of the body, at least one byte; empty at its end. Broken if it ends early."""
        while not self._parts and not self._ended:
            await self._more()
        whole = self.taken()
        if self._size > _AHEAD_BYTES and self._wire is not None:
            self._wire.transport.resume_reading()
        self._size = 0
        return whole

    def release(self) -> None:
        """Nobody reads on: a connection whose answer is not whole is of no more use."""
        if self._wire is not None:
            self._wire.transport.abort()

    def add(self, part: bytes) -> None:
        """A part of the body; whoever reads slower than the service writes makes it wait."""
        before = self._size
        self._size += len(part)
        self._parts.append(part)
        if before <= _AHEAD_BYTES < self._size and self._wire is not None:
            self._wire.transport.pause_reading()
            if self.then is not None:
                self.then()
        self.wake()

    def end(self, error: Exception | None = None) -> None:
        """The answer is whole, or will never be."""
        self._wire = None
        self._error, self._ended = error, error is None
        if self.then is not None:
            self.then()
        self.wake()

    def wake(self) -> None:
        """Something changed."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        await self._waiter


async def answered(reply: Reply) -> Reply:
    """The same reply, once its head is there."""
    try:
        await reply.head()
    except BaseException:
        reply.release()
        raise
    return reply
