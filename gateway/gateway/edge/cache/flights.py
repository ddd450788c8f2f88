"""Reads under way: one for everybody who wants it; what it brings is remembered, if it may be."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.edge.bounded import Bounded
from gateway.edge.cache.asking import Asked, Captured, TooLong
from gateway.edge.cache.entries import Entry
from gateway.edge.cache.keeping import Key
from gateway.edge.cache.landing import Landed, confirm, judge
from gateway.edge.cache.store import Store
from gateway.edge.exchange import Exchange
from shared.clock import Clock, stopwatch
from shared.errors import Unavailable

_GRACE_SECONDS = 30.0
#: After a failure a stale answer is given at once for so long: nobody waits for a service that hangs.
_SPARED_SECONDS = 1.0
_ALONE_SECONDS = 60.0
_ALONE_KEYS = 2_000
Begin = Callable[[Exchange, Callable[[], None], Callable[[Awaitable[None]], None]], bool]


class Flight:
    """One read under way. `outdated`: something it may show has changed since; `dropped`: was withdrawn."""

    __slots__ = ("asked", "asked_at", "before", "dropped", "key", "landing", "outdated", "taken", "task")

    def __init__(self, asked: Asked, key: Key, before: Entry | None) -> None:
        self.asked, self.key, self.asked_at, self.before = asked, key, stopwatch(), before
        self.outdated = self.dropped = False
        self.taken = Captured()
        self.landing: asyncio.Future[Landed] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None


class Flights:
    """`ask` sends an exchange to its service, or to our own routes; `begin` does so without a task, if it can
    (as `Proxy.begin`). `seconds`: the backstop for freshness, `stale_seconds`: how old an answer may be that
    stands in for a service that fails."""

    def __init__(self, store: Store, clock: Clock, *, seconds: float, stale_seconds: float) -> None:
        self.ask: Callable[[Exchange], Awaitable[None]]
        self.begin: Begin
        self.seconds, self.stale_seconds = seconds, stale_seconds
        self.alone: Bounded[Key, bool] = Bounded(_ALONE_KEYS)
        """Keys whose answers were for nobody but their askers, until a moment on the stopwatch."""
        self._store, self._clock = store, clock
        self._joinable: dict[Key, Flight] = {}
        self._under_way: set[Flight] = set()

    def join(self, asked: Asked, key: Key) -> Flight:
        """The read under way, unless something has changed since it began; or a new one."""
        known = self._joinable.get(key)
        if known is not None:
            return known
        flight = Flight(asked, key, self._store.get(key))
        self._joinable[key] = flight
        self._under_way.add(flight)
        try:
            self._send(flight)
        except Exception as error:  # noqa: BLE001 - or whoever wants it next would wait for ever
            self._land(flight, Landed(key, failure=error))
        return flight

    def outdate(self, concerns: Callable[[Asked], bool], *, dropped: bool = False) -> None:
        """Something has changed that these reads may show as it was; `dropped`: it was withdrawn."""
        for flight in [f for f in self._under_way if concerns(f.asked)]:
            flight.outdated, flight.dropped = True, flight.dropped or dropped
            self._leave(flight)

    async def close(self) -> None:
        """Ends what is under way."""
        flights = [*self._under_way]
        tasks = [flight.task for flight in flights if flight.task is not None]
        for flight in flights:
            flight.landing.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, flight: Flight) -> None:
        """Nobody joins it any more."""
        if self._joinable.get(flight.key) is flight:
            del self._joinable[flight.key]

    def _send(self, flight: Flight) -> None:
        before = flight.before
        x = flight.asked.exchange(flight.taken, before.offered_etag if before is not None else None)
        if not self.begin(x, lambda: self._land(flight), lambda rest: self._follow(flight, rest)):
            self._follow(flight, self.ask(x))

    def _follow(self, flight: Flight, rest: Awaitable[None]) -> None:
        flight.task = asyncio.get_running_loop().create_task(self._fly(flight, rest), name="shared-read")

    async def _fly(self, flight: Flight, rest: Awaitable[None]) -> None:
        failed: Landed | None = Landed(flight.key, failure=Unavailable())
        try:
            await rest
            failed = None
        except TooLong:
            failed = Landed(flight.key, alone=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, everybody who waits is told of it
            failed = Landed(flight.key, failure=error)
        finally:
            self._land(flight, failed)

    def _land(self, flight: Flight, failed: Landed | None = None) -> None:
        """It is over: what it brought is remembered if it may be, and told to all who wait."""
        self._leave(flight)
        self._under_way.discard(flight)
        try:
            landed = failed or self._landed(flight)
            self._keep(flight, landed)
        except Exception as error:  # noqa: BLE001 - the same
            landed = Landed(flight.key, failure=error)
        if not flight.landing.done():
            flight.landing.set_result(landed)

    def _landed(self, flight: Flight) -> Landed:
        before, taken = flight.before, flight.taken
        if not taken.complete or (taken.status == 304 and before is None):
            return Landed(flight.key, failure=Unavailable())
        now = self._clock.now()
        if taken.status == 304 and before is not None:
            return confirm(flight.asked, before, taken, flight.asked_at, now)
        return judge(flight.asked, flight.key, taken, flight.asked_at, now)

    def _keep(self, flight: Flight, landed: Landed) -> None:
        """Remembers what may be remembered; a failure spares the service, any other answer replaces."""
        told_apart = self._store.get(flight.key) if landed.key != flight.key else None
        if told_apart is not None:  # nobody's key any more, and what leads there must not find it
            self._store.remove(told_apart)
        before, entry = self._store.get(landed.key), landed.entry
        if before is not None and before is not entry and before.asked_at > flight.asked_at:
            return  # who began later has landed before: what he brought is newer
        if landed.failed:
            if before is not None:
                before.spared_until = stopwatch() + _SPARED_SECONDS
            return
        if landed.alone:
            self.alone.put(landed.key, True, stopwatch() + _ALONE_SECONDS)
        keeps = entry is not None and not landed.alone and flight.asked.keeping.kept
        if entry is None or not keeps or flight.dropped:
            if before is not None and not flight.outdated:
                self._store.remove(before)
            return
        self._freshen(flight, entry)
        self._store.put(entry)

    def _freshen(self, flight: Flight, entry: Entry) -> None:
        """Fresh from the moment it was asked for, unless something it shows has changed meanwhile."""
        entry.spared_until, entry.stale_until = 0.0, entry.asked_at + self.stale_seconds
        entry.purge()
        if not flight.outdated:
            entry.fresh_until = entry.asked_at + min(self.seconds, entry.lasts)
            lasting = entry.lasts > self.seconds
            entry.grace_until = entry.fresh_until + _GRACE_SECONDS if lasting else entry.fresh_until
