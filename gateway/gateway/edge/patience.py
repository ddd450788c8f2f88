"""How long the gateway waits for a service: until the deadline; for a read no longer than the client does."""

import asyncio
from types import TracebackType
from typing import Self

from gateway.edge.exchange import ClientGone, Exchange

_LISTENS_AFTER_SECONDS = 0.05


class DeadlinePassed(Exception):
    """The service did not answer in time."""


class Patience:
    """Cancels what is waited for inside; leaving it raises DeadlinePassed or ClientGone instead.

    Listening for the client's goodbye costs a task, so it begins only when an answer takes longer than 50 ms.
    """

    def __init__(self, x: Exchange, *, follows_client: bool) -> None:
        self._x, self._follows_client = x, follows_client
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ear: asyncio.Task[None] | None = None
        self._over: Exception | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is nobody to lose patience")
        self._task, self._before = task, task.cancelling()
        self._seconds = self._x.wanted.seconds
        if self._follows_client and (self._seconds is None or self._seconds > _LISTENS_AFTER_SECONDS):
            self._timer = self._loop.call_later(_LISTENS_AFTER_SECONDS, self._listen_later)
        else:
            self.until(self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._ear is not None:
            self._ear.cancel()
        if self._over is not None and self._task.uncancel() <= self._before and kind is not None:
            raise self._over from error

    def until(self, seconds: float | None) -> None:
        """Begins to count anew; None: for ever."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._end, DeadlinePassed())

    def listen(self) -> None:
        """From now on the client's goodbye ends the waiting."""
        if self._follows_client and self._ear is None:
            self._ear = self._loop.create_task(self._hear())

    def _listen_later(self) -> None:
        self.listen()
        self.until(None if self._seconds is None else self._seconds - _LISTENS_AFTER_SECONDS)

    async def _hear(self) -> None:
        while (await self._x.receive())["type"] != "http.disconnect":
            continue
        self._end(ClientGone())

    def _end(self, reason: Exception) -> None:
        if self._over is None:
            self._over = reason
            self._task.cancel()
