"""Public answers for the gateway's own use: home reads its sections here, from memory or their owner."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.edge.cache.asking import Asked
from gateway.edge.cache.kept import Found, KeptAnswers
from gateway.edge.catalogue import Catalogue
from shared import log
from shared.clock import stopwatch
from shared.errors import Problem
from shared.ids import new_id

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

    async def read(
        self, path: str, query: str = "", *, language: str, platform: str = "", seconds: float
    ) -> Kept:
        """A public GET of a service or of our own, within so many seconds; never raises.

        However many ask at once, its owner is asked once; it goes on after `seconds`, for whoever comes next.
        """
        asked = self._asked(path, query, language, platform)
        key = asked.key() if asked is not None else None
        if asked is None or key is None:
            return _NOBODY
        found = self._kept.at_hand(asked, key, stopwatch())
        if found is None:
            found = await self._waited(asked, seconds)
        return _NOBODY if found is None else _kept(found)

    @property
    def changes(self) -> int:
        """Another number: something that was read before may be true no longer."""
        return self._kept.changes

    def purge(self, tags: Iterable[str]) -> None:
        """Makes stale what has these tags, in this worker, at once; the others hear `tags_purged.v1`."""
        self._kept.purge(tags)

    async def _waited(self, asked: Asked, seconds: float) -> Found | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._kept.obtain(asked, as_guest=True)
        except (TimeoutError, Problem) as error:
            _log.debug("section_not_read", path=asked.operation.template, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one part's fault never costs the whole page
            _log.error("answer_not_read", path=asked.operation.template, exc_info=error)
        key = asked.key()
        return self._kept.fallback(key) if key is not None else None

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
            request_id=new_id().hex,
        )


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
