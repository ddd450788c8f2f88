"""What everybody is told, and how often: pure, in one worker's memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.notices.rules import Planned
from gateway.streams.rules import Places

KEPT_MS = 24 * 3_600_000
_MOST_WORDS = 2_000
#: Another worker's clock may be so far off, and may have heard so much earlier.
_SLACK_MS = 5_000
#: Until every worker has forgotten what it kept of a tag; who asks earlier may get the answer before.
_SETTLED_SECONDS = 0.3
_LEAST_SECONDS = 1.0
CHANGED, NOTICE, NOTICE_ENDED = "changed", "notice", "notice_ended"


class Square(Places):
    """The open streams of everybody on one worker."""


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was told; in `data` a text is {id, en}, and a moment is ISO 8601 under `…_at`."""

    number: int
    event: str
    data: Mapping[str, Any]


class Bulletin:
    """The newest word about each thing, for whoever comes back within a day.

    A word's number is the moment it was told, in milliseconds since 1970, and rises: so a place in the
    stream of one worker is one in the stream of every other, give or take five seconds. What was told
    within them is told again: each word replaces the one before about its thing.
    """

    def __init__(self, now_ms: int) -> None:
        self._since = self._last = now_ms
        self._words: dict[str, Word] = {}

    def number(self, now_ms: int) -> int:
        """The next one."""
        self._last = max(self._last + 1, now_ms)
        return self._last

    def note(self, about: str, word: Word) -> None:
        """Remembers the newest word; what is older than a day, or too much, is forgotten."""
        self._words.pop(about, None)
        self._words[about] = word
        for old in list(self._words):
            if len(self._words) <= _MOST_WORDS and self._words[old].number > word.number - KEPT_MS:
                break
            self._since = self._words.pop(old).number

    def begin_anew(self, now_ms: int) -> int:
        """Something was perhaps missed: whoever stopped reading before now has to read everything."""
        self._words.clear()
        self._since = self.number(now_ms)
        return self._since

    def after(self, offered: str | None, now_ms: int) -> list[Word] | None:
        """What was told after that number, oldest first; None where some of it is lost."""
        if not offered:
            return []
        if not (offered.isascii() and offered.isdecimal() and len(offered) < 19):
            return None
        number = int(offered)
        if not self._since <= number <= max(self._last, now_ms) + _SLACK_MS:
            return None
        return [word for word in self._words.values() if word.number > number - _SLACK_MS]


class Gathering:
    """Tags that were heard and not told yet. Times are on the stopwatch, in seconds."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._told_at = float("-inf")

    def hear(self, tags: Iterable[str], at: float) -> None:
        """Answers with these tags have changed."""
        for tag in tags:
            self._heard.setdefault(tag, at)

    def take(self, at: float) -> list[str]:
        """What may be told now, all at once: nothing within a second of the last."""
        ready = [tag for tag, heard in self._heard.items() if at - heard >= _SETTLED_SECONDS]
        if not ready or at - self._told_at < _LEAST_SECONDS:
            return []
        self._told_at = at
        for tag in ready:
            del self._heard[tag]
        return sorted(ready)


def turns(before: Mapping[UUID, Planned], now: Mapping[UUID, Planned]) -> tuple[list[Planned], list[UUID]]:
    """(notices that began or changed, those that are in force no longer)."""
    return [each for key, each in now.items() if before.get(key) != each], [k for k in before if k not in now]


def said(notice: Planned) -> dict[str, Any]:
    """A notice as everybody is told of it; whom it is for each app sees by `platforms` and `areas`."""
    return {
        "id": str(notice.id),
        "level": notice.level,
        "title": dict(notice.title),
        "text": dict(notice.text),
        "platforms": list(notice.platforms),
        "areas": list(notice.areas),
        "link": notice.link,
        "starts_at": notice.starts_at.isoformat(),
        "ends_at": notice.ends_at.isoformat(),
    }


def spread_ms(streams: int) -> int:
    """Over how long the readers of one worker should ask again: a thousand of them a second, 10 s at most."""
    return min(10_000, streams)


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
