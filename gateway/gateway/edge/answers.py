"""Public answers for the gateway's own use: home reads its sections here, from memory or their owner."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.edge.cache.asking import Asked
from gateway.edge.cache.keeping import Key
from gateway.edge.cache.kept import Found, KeptAnswers
from gateway.edge.cache.landing import Landed
from gateway.edge.catalogue import Catalogue
from gateway.edge.numbers import random_hex
from shared import log
from shared.clock import stopwatch
from shared.errors import Problem

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A public answer as a guest gets it: `body` as it is, in no coding; `as_of` is when its owner said so.

    `unavailable`: no answer, or one that is none to show; `status` says which. 503 where nobody answered.
    """

    state: Literal["ok", "stale", "unavailable"]
    status: int
    body: bytes = b""
    as_of: datetime | None = None


_NOBODY = Kept("unavailable", 503)


class Answers:
    """`run.part(Answers)`."""

    def __init__(self, catalogue: Catalogue, kept: KeptAnswers) -> None:
        self._catalogue, self._kept = catalogue, kept

    def begin(self, path: str, query: str = "", *, language: str, platform: str = "") -> "Kept | Pending":
        """A public GET of a service or of our own: the answer if it is at hand, or what is under way.

        However many ask at once, its owner is asked once; it goes on for the next one when nobody waits.
        """
        asked = self._asked(path, query, language, platform)
        key = asked.key() if asked is not None else None
        if asked is None or key is None:
            return _NOBODY
        found = self._kept.at_hand(asked, key, stopwatch())
        return _kept(found) if found is not None else Pending(self._kept, asked, key)

    @property
    def changes(self) -> int:
        """Another number: something that was read before may be true no longer."""
        return self._kept.changes

    def purge(self, tags: Iterable[str]) -> None:
        """Makes stale what has these tags, in this worker, at once; the others hear `tags_purged.v1`."""
        self._kept.purge(tags)

    def _asked(self, path: str, query: str, language: str, platform: str) -> Asked | None:
        endpoint = self._catalogue.find(path)
        operation = endpoint.operation("GET") if endpoint is not None else None
        if operation is None or operation.keeping is None:
            return None
        return Asked(
            operation=operation,
            keeping=operation.keeping,
            path=path,
            query=query.encode("latin-1", "replace"),
            language=language,
            headers={b"x-app-platform": platform.encode()} if platform else {},
            request_id=random_hex()[:32],
        )


class Pending:
    """A read under way; `done` is when it has ended. Without a task: home reads many of them at once."""

    __slots__ = ("_asked", "_kept", "_landed", "done")

    def __init__(self, kept: KeptAnswers, asked: Asked, key: Key) -> None:
        self._kept, self._asked = kept, asked
        self._landed: Landed | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._follow(key)

    def now(self) -> Kept:
        """What it brought; before it has, or if it brought nothing, what there was before. Never raises."""
        key = self._asked.key()
        if key is None:
            return _NOBODY
        try:
            landed = self._landed
            found = self._kept.fallback(key) if landed is None else self._kept.judged(landed, as_guest=True)
        except Problem:
            return _NOBODY
        except Exception as error:  # noqa: BLE001 - one part's fault never costs the whole page
            _log.error("answer_not_read", path=self._asked.operation.template, exc_info=error)
            found = self._kept.fallback(key)
        return _NOBODY if found is None else _kept(found)

    def _follow(self, key: Key) -> None:
        self._kept.flights.join(self._asked, key).landing.add_done_callback(self._ended)

    def _ended(self, landing: asyncio.Future[Landed]) -> None:
        """It has landed, unless what it varies by was learned just now, and ours is another answer."""
        if self.done.done():
            return
        key, landed = self._asked.key(), None if landing.cancelled() else landing.result()
        if landed is not None and key is not None and key != landed.key:
            found = self._kept.at_hand(self._asked, key, stopwatch())
            if found is None:
                self._follow(key)
                return
            landed = Landed(key, found.entry, found.told, outcome=found.outcome)
        self._landed = landed
        self.done.set_result(None)


def _kept(found: Found) -> Kept:
    if found.entry is None:
        told = found.told
        if told is None:
            return _NOBODY
        return Kept("ok" if told.status == 200 else "unavailable", told.status, told.body, told.as_of)
    entry = found.entry
    entry.seen = True
    gracious = found.outcome != "stale" or (stopwatch() < entry.grace_until and not entry.fails)
    return Kept("ok" if gracious else "stale", 200, entry.body, entry.as_of)
