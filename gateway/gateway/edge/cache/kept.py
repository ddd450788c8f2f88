"""The answers the city shares: at hand, or asked for once however many want them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.edge.cache.asking import Asked
from gateway.edge.cache.counters import CacheMetrics
from gateway.edge.cache.entries import Entry
from gateway.edge.cache.flights import Flights
from gateway.edge.cache.keeping import Key
from gateway.edge.cache.landing import Landed, Outcome, Told
from gateway.edge.cache.store import Store
from shared.clock import stopwatch
from shared.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Found:
    """An answer for a reader: an entry, or what a service told everybody who waited."""

    outcome: Outcome
    entry: Entry | None = None
    told: Told | None = None


class KeptAnswers:
    """What is kept, and what is under way, as one."""

    def __init__(self, store: Store, flights: Flights, metrics: CacheMetrics) -> None:
        self.store, self.flights, self.metrics = store, flights, metrics
        self.changes = 0
        """How often something was said to have changed: whoever made something of answers looks here."""

    async def obtain(self, asked: Asked, *, as_guest: bool = False) -> Found | None:
        """The answer; None for whoever must ask for himself. Problems as the service's failure would be.

        `as_guest`: whoever wants what a guest gets may have an answer that is kept for nobody.
        """
        key = asked.key()
        while key is not None:
            found = self.at_hand(asked, key, stopwatch())
            if found is not None:
                return found
            if not as_guest and self.flights.alone.get(key, stopwatch()):
                return None
            landed = await asyncio.shield(self.flights.join(asked, key).landing)
            key = asked.key()  # what the answer varies by was perhaps learned just now
            if key == landed.key:
                return self.judged(landed, as_guest=as_guest)
        return None

    def at_hand(self, asked: Asked, key: Key, now: float) -> Found | None:
        """What needs no waiting: fresh; expired, while somebody asks; stale, while its service fails."""
        entry = self.store.get(key)
        if entry is None:
            return None
        if now < entry.fresh_until:
            return Found("hit", entry)
        spared = now < entry.spared_until
        if now < entry.grace_until:
            if not spared:
                self.flights.join(asked, key)
            return Found("stale", entry)
        return Found("stale", entry) if spared and now < entry.stale_until else None

    def fallback(self, key: Key) -> Found | None:
        """The answer before, for whoever cannot wait."""
        entry = self.store.get(key)
        usable = entry is not None and stopwatch() < entry.stale_until
        return Found("stale", entry) if usable else None

    def purge(self, tags: Iterable[str]) -> None:
        """What has one of the tags is no longer fresh, whether it is kept or under way."""
        self.changes += 1
        named = frozenset(tags)
        self.metrics.purged.labels("tags").inc(self.store.purge(named))
        self.flights.outdate(lambda asked: not named.isdisjoint(asked.keeping.tags))

    def purge_all(self) -> None:
        """Something may have been missed: nothing counts as fresh."""
        self.changes += 1
        self.metrics.purged.labels("gap").inc(self.store.purge_all())
        self.flights.outdate(lambda asked: True)

    def withdraw(self, owner: str) -> None:
        """Something of this owner is public no longer: it must not come back as a stale answer either."""
        self.changes += 1
        owners = {owner, "gateway"}
        self.metrics.purged.labels("withdrawn").inc(self.store.drop(owners))
        self.flights.outdate(lambda asked: asked.owner in owners, dropped=True)

    def judged(self, landed: Landed, *, as_guest: bool) -> Found | None:
        """What came of a read, or what there was before; None for whoever must ask for himself. Problems."""
        if landed.failed:
            older = self.fallback(landed.key)
            if older is not None:
                return older
        if landed.failure is not None:
            raise landed.failure
        if landed.alone and not as_guest:
            return None
        if landed.entry is None and landed.told is None:
            raise Unavailable  # larger than anybody may have who did not ask for it himself
        return Found(landed.outcome, landed.entry, landed.told)
