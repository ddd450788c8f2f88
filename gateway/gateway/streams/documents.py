"""A stream of server-sent events as a raw ASGI answer."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.streams.rules import Listener, Places, reload_frame
from shared.clock import Clock
from shared.errors import Unavailable

_RETRY_MS = 3_000


class EventStream(Response):
    """Takes its place in the hub when it begins to answer and gives it back whatever happens then.

    `first` is what it says before anything else. Not a generator: one that was never started never runs its
    `finally`.
    """

    media_type = "text/event-stream"

    def __init__(self, hub: Places, listener: Listener, clock: Clock, *, first: bytes = b"") -> None:
        super().__init__(
            headers={
                "Cache-Control": "no-store, no-transform",
                "Content-Language": listener.language,
                "X-Accel-Buffering": "no",
            }
        )
        del self.headers["content-length"]
        self._hub, self._listener, self._clock = hub, listener, clock
        self._greeting = f"retry: {_RETRY_MS}\nid: {listener.last_id}\n\n".encode() + first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers until the client leaves, the session ends or the process stops; 503 if no place is free."""
        if not self._hub.admit(self._listener):
            raise Unavailable(retry_after=5)
        gone = asyncio.create_task(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._talk(send)
        except (OSError, TimeoutError):
            return  # the client is gone, or reads no more: closing is all there is to do
        finally:
            gone.cancel()
            self._hub.release(self._listener)

    async def _talk(self, send: Send) -> None:
        await self._say(send, self._greeting)
        while not self._listener.over:
            left = (self._listener.ends_at - self._clock.now()).total_seconds()
            if left <= 0:
                self._listener.end(reload_frame())
            words = await self._next(max(0.0, min(left, self._hub.beat_seconds)))
            if words:
                await self._say(send, words)
        await self._say(send, self._listener.take(), more=False)

    async def _next(self, seconds: float) -> bytes:
        """What is to be said next: news, or after `seconds` a comment that keeps the connection alive."""
        try:
            async with asyncio.timeout(seconds):
                await self._listener.woken.wait()
        except TimeoutError:
            return b":\n\n"
        return self._listener.take()

    async def _until_gone(self, receive: Receive) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._listener.end(b"")

    async def _say(self, send: Send, words: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self._hub.patience_seconds):
            await send({"type": "http.response.body", "body": words, "more_body": more})
