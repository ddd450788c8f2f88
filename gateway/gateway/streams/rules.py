"""The open streams of one worker, in memory: who listens, what waits for whom, and the places there are."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

_WAITING = 200  # frames; whoever is further behind is told to reload instead
_REMEMBERED = 10_000


class Listener:
    """One open stream. `ends_at` is when its access token ends; `sid` its session."""

    __slots__ = ("_frames", "ends_at", "language", "last_id", "over", "person", "sid", "woken")

    def __init__(
        self, person: str, *, sid: str | None, language: str, last_id: int, ends_at: datetime
    ) -> None:
        self.person, self.sid, self.language = person, sid, language
        self.last_id, self.ends_at = last_id, ends_at
        self.woken = asyncio.Event()
        self.over = False
        self._frames: deque[bytes] = deque()

    def give(self, row_id: int, frame: bytes) -> None:
        """Queues a feed row, unless this stream has it already."""
        if self.over or row_id <= self.last_id:
            return
        self.last_id = row_id
        if len(self._frames) >= _WAITING:
            self._frames.clear()
            frame = reload_frame(row_id)
        self._frames.append(frame)
        self.woken.set()

    def reload(self) -> None:
        """Has the lists read anew, without a row of the feed; the stream goes on."""
        if not self.over:
            self._frames.append(reload_frame())
            self.woken.set()

    def end(self, farewell: bytes) -> None:
        """Says a last thing; the stream closes after it."""
        self._frames.append(farewell)
        self.over = True
        self.woken.set()

    def take(self) -> bytes:
        """Everything queued since the last call."""
        self.woken.clear()
        taken = b"".join(self._frames)
        self._frames.clear()
        return taken


class Places:
    """At most `places` streams, and `per_person` of them for one person, or for one address of guests."""

    def __init__(self, *, places: int, per_person: int) -> None:
        self._places, self._per_person = places, per_person
        self.beat_seconds = 15.0
        self.patience_seconds = 30.0
        """How long a client may take to read what was sent before it counts as gone."""
        self._people: dict[str, list[Listener]] = {}
        self._stopped = False
        self.open = 0

    def admit(self, listener: Listener) -> bool:
        """Takes a place; False if there is none."""
        if self.open >= self._places or self._stopped:
            return False
        mine = self._people.get(listener.person, [])
        if len(mine) >= self._per_person and not self._makes_way(mine):
            return False
        mine.append(listener)
        self._people[listener.person] = mine
        self.open += 1
        return True

    def release(self, listener: Listener) -> None:
        """Gives the place back; once for each `admit` that was True."""
        self.open -= 1
        mine = self._people.get(listener.person, [])
        if listener in mine:
            mine.remove(listener)
        if not mine:
            self._people.pop(listener.person, None)

    def people(self) -> list[str]:
        """Everybody with an open stream here."""
        return list(self._people)

    def listeners(self, person: str) -> list[Listener]:
        """Her open streams."""
        return self._people.get(person, [])

    def everybody(self) -> list[Listener]:
        """All open streams."""
        return [listener for mine in self._people.values() for listener in mine]

    def stop(self, waits_ms: Iterable[int]) -> None:
        """The process stops, and takes no more streams."""
        self._stopped = True
        self.send_away(waits_ms)

    def send_away(self, waits_ms: Iterable[int]) -> None:
        """Each stream ends, told how long to wait before it comes back."""
        for listener, wait in zip(self.everybody(), waits_ms, strict=False):
            listener.end(f"retry: {wait}\n".encode() + frame("reconnect", {"after_ms": wait}))

    def _makes_way(self, mine: list[Listener]) -> bool:
        """Whether one of these, who are as many as may be, goes for a newcomer."""
        return False


class Hub(Places):
    """The streams of residents, who hear what is in their feeds.

    A further one of a person takes the place of her oldest: a phone that changed its network leaves a dead
    one behind.
    """

    def __init__(self, *, places: int = 10_000, per_person: int = 5) -> None:
        super().__init__(places=places, per_person=per_person)
        self._ended: dict[str, None] = {}
        self.waiting: set[str] = set()
        self.woken = asyncio.Event()

    def admit(self, listener: Listener) -> bool:
        """As Places; if its session ended a moment ago, so does the stream."""
        if not super().admit(listener):
            return False
        if listener.sid in self._ended:
            listener.end(reload_frame())
        self.wake([listener.person])
        return True

    def wake(self, people: Iterable[str]) -> None:
        """These people's feeds have something new; those without a stream here do not matter."""
        news = [person for person in people if person in self._people]
        if news:
            self.waiting.update(news)
            self.woken.set()

    def wake_all(self) -> None:
        """Something may have been missed."""
        self.wake(list(self._people))

    def take_waiting(self) -> dict[str, int]:
        """Person -> id of the last feed row that every one of her streams has; then nobody waits."""
        self.woken.clear()
        taken, self.waiting = self.waiting, set()
        return {p: min(each.last_id for each in self._people[p]) for p in taken if p in self._people}

    def reload(self, people: Iterable[str]) -> None:
        """Something in their lists is different that stands in nobody's feed."""
        for person in people:
            for listener in self.listeners(person):
                listener.reload()

    def end_sessions(self, sids: Iterable[str]) -> None:
        """These sessions are over, and so are their streams."""
        ended = dict.fromkeys(sids)
        self._ended |= ended
        for old in list(self._ended)[: max(0, len(self._ended) - _REMEMBERED)]:
            del self._ended[old]
        for listener in self.everybody():
            if listener.sid in ended and not listener.over:
                listener.end(reload_frame())

    def _makes_way(self, mine: list[Listener]) -> bool:
        mine.pop(0).end(frame("replaced", {}))
        return True


def frame(event: str, data: Mapping[str, Any], row_id: int | None = None) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2)."""
    place = "" if row_id is None else f"id: {row_id}\n"
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{place}event: {event}\ndata: {body}\n\n".encode()


def reload_frame(row_id: int | None = None) -> bytes:
    """What was told cannot be told again: read everything anew."""
    return frame("reload", {}, row_id)


def localised(payload: Mapping[str, Any], language: str, zone: tzinfo) -> dict[str, Any]:
    """A payload for one reader: of each {id, en} one text, each `…_at` (ISO 8601) with the city's offset."""
    return {name: _local(name, value, language, zone) for name, value in payload.items()}


def _local(name: str, value: Any, language: str, zone: tzinfo) -> Any:
    if isinstance(value, dict) and "id" in value and value.keys() <= {"id", "en"}:
        return value.get(language) or value["id"]
    if name.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(zone).isoformat()
    return value
