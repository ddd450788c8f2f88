"""How long the gateway waits for a service: until the deadline; for a read no longer than the client does."""

import asyncio
from types import TracebackType
from typing import Protocol, Self

from gateway.edge.exchange import ClientGone, Exchange
from shared.clock import stopwatch

_LISTENS_AFTER_SECONDS = 0.05
_TICK_SECONDS = 0.01
_NEVER = float("inf")


class DeadlinePassed(Exception):
    """The service did not answer in time."""


class Waiting(Protocol):
    """Whoever waits: `due` on the loop's clock, in seconds, and what happens then."""

    due: float

    def ring(self) -> None:
        """`due` has come."""


class Ticks:
    """One timer for everybody who waits, in place of one each: looks every 10 ms whose time has come."""

    def __init__(self) -> None:
        self._waiting: set[Waiting] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this worker; asking for the running one costs a system call."""
        self._loop = self._loop or asyncio.get_running_loop()
        return self._loop

    def watch(self, who: Waiting) -> None:
        """Until `ignore`; `due` may change meanwhile."""
        self._waiting.add(who)
        if self._timer is None:
            self._timer = self.loop.call_later(_TICK_SECONDS, self._tick)

    def ignore(self, who: Waiting) -> None:
        """Nobody waits any more."""
        self._waiting.discard(who)

    def _tick(self) -> None:
        now = self.loop.time()
        for late in [who for who in self._waiting if who.due <= now]:
            late.ring()
        self._timer = self.loop.call_later(_TICK_SECONDS, self._tick) if self._waiting else None


class Patience:
    """Cancels what is waited for inside; leaving it raises DeadlinePassed or ClientGone instead.

    Listening for the client's goodbye costs a task, so it begins only when an answer takes longer than 50 ms.
    """

    __slots__ = ("_before", "_ear", "_follows", "_late", "_loop", "_over", "_task", "_ticks", "_x", "due")

    def __init__(self, x: Exchange, ticks: Ticks, *, follows_client: bool) -> None:
        self._x, self._ticks, self._follows, self._loop = x, ticks, follows_client, ticks.loop
        self._ear: asyncio.Task[None] | None = None
        self._over: Exception | None = None
        self.due = self._late = _NEVER

    def __enter__(self) -> Self:
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("there is nobody to lose patience")
        self._task, self._before = task, task.cancelling()
        left = self._x.context.expires - stopwatch()
        self.until(None if self._x.wanted.seconds is None else left)
        if self._follows:
            self.due = min(self.due, self._loop.time() + _LISTENS_AFTER_SECONDS)
            self._ticks.watch(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._ticks.ignore(self)
        if self._ear is not None:
            self._ear.cancel()
        if self._over is not None and self._task.uncancel() <= self._before and kind is not None:
            raise self._over from error

    def until(self, seconds: float | None) -> None:
        """Begins to count anew; None: for ever."""
        self.due = self._late = _NEVER if seconds is None else self._loop.time() + seconds
        if seconds is None:
            self._ticks.ignore(self)
        else:
            self._ticks.watch(self)

    def listen(self) -> None:
        """From now on the client's goodbye ends the waiting."""
        if self._follows and self._ear is None:
            self._ear = self._loop.create_task(self._hear())

    def ring(self) -> None:
        """`due` has come: the deadline, or the time to listen."""
        if self._late <= self.due:
            self._end(DeadlinePassed())
            return
        self.listen()
        self.due = self._late
        if self.due == _NEVER:
            self._ticks.ignore(self)

    async def _hear(self) -> None:
        while (await self._x.receive())["type"] != "http.disconnect":
            continue
        self._end(ClientGone())

    def _end(self, reason: Exception) -> None:
        self._ticks.ignore(self)
        if self._over is None:
            self._over = reason
            self._task.cancel()
