"""Counting in memory what each front end does, in a bounded number of lines (pure)."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from shared.errors import FieldError, Unprocessable

PLATFORMS = frozenset({"android", "ios", "web"})
OTHER = "other"
MOST_VERSIONS = 50
#: Longer than a year, so that this month can be compared with the same one of the year before.
DAYS_KEPT = 400
_USUAL_DAYS = 30
_MOST_HEADERS = 20_000
_LONGEST_KEPT = 40
_TOO_MANY, _GONE, _SERVER_ERROR = 429, 499, 5
_VERSION = re.compile(r"(?=.{1,20}$)[0-9]{1,6}(\.[0-9]{1,6}){0,3}([-+.][0-9A-Za-z.-]+)?")
_Headers = tuple[str, bytes | None, bytes | None]


class Seen(NamedTuple):
    """What a request's front end is, and on which day of the city it came."""

    client: str
    day: date
    platform: str
    version: str


class Counts:
    """Requests, refused (4xx), limited (429), failed (5xx, given up), bytes sent."""

    __slots__ = ("bytes", "failed", "limited", "refused", "requests")

    def __init__(self) -> None:
        self.requests = self.refused = self.limited = self.failed = self.bytes = 0

    def add(self, more: "Counts") -> None:
        """Takes another's counts over."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))

    def told(self) -> dict[str, int]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


class Usage:
    """One worker's counting; what was not yet written is never lost while the process lives.

    The day is the one on which the counting of these lines began: whoever drains does it at midnight too.
    """

    def __init__(self, day: date) -> None:
        self._day = day
        self._now: dict[Seen, Counts] = {}
        self._by_headers: dict[_Headers, Counts] = {}
        self._versions: dict[str, set[str]] = {}

    def answered(self, client: str, headers: Mapping[bytes, bytes], status: int, size: int) -> None:
        """Counts one answer to a front end whose key was known."""
        said = (client, headers.get(b"x-app-platform"), headers.get(b"x-app-version"))
        counts = self._by_headers.get(said) or self._begin(said)
        counts.requests += 1
        counts.bytes += size
        if status >= 400:
            _count_error(counts, status)

    def drain(self, today: date) -> dict[Seen, Counts]:
        """What was counted since the last time; the counting goes on with nothing."""
        counted, self._now = self._now, {}
        self._by_headers = {}
        if today != self._day:
            self._day, self._versions = today, {}
        return counted

    def _begin(self, said: _Headers) -> Counts:
        client = said[0]
        seen = Seen(client, self._day, _platform(said[1]), self._bounded(client, version_of(said[2])))
        counts = self._now.setdefault(seen, Counts())
        if len(self._by_headers) < _MOST_HEADERS and _short(said):  # who makes versions up fills no memory
            self._by_headers[said] = counts
        return counts

    def _bounded(self, client: str, version: str) -> str:
        known = self._versions.setdefault(client, set())
        if version not in known and len(known) >= MOST_VERSIONS:
            return OTHER
        known.add(version)
        return version


def bounded(counted: Mapping[Seen, Counts], known: dict[tuple[str, date], set[str]]) -> dict[Seen, Counts]:
    """The same with versions beyond the 50 of a client and day, `known` ones first, told as `other`."""
    found: dict[Seen, Counts] = {}
    for each, counts in sorted(counted.items(), key=lambda pair: pair[0]):
        versions = known.setdefault((each.client, each.day), set())
        fits = each.version in versions or len(versions - {OTHER}) < MOST_VERSIONS
        seen = each if fits else each._replace(version=OTHER)
        versions.add(seen.version)
        found.setdefault(seen, Counts()).add(counts)
    return found


def period(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The first and last day asked for: without `since` the 30 days until `until`; 422 if they run backwards.

    No more days than are kept: those before have no rows anyway.
    """
    last = min(until or today, today)
    earliest = last - min(timedelta(days=DAYS_KEPT - 1), last - date.min)
    first = last - min(timedelta(days=_USUAL_DAYS - 1), last - date.min) if since is None else since
    if until is not None and since is not None and since > until:
        raise Unprocessable(errors=[FieldError("to", "range_backwards")])
    return max(first, earliest), last


def version_of(header: bytes | None) -> str:
    """What looks like a version, at most 20 characters; empty for none, `other` for anything else."""
    if header is None:
        return ""
    text = header.decode("latin-1").strip()
    return text if _VERSION.fullmatch(text) else OTHER


def _short(said: _Headers) -> bool:
    return all(each is None or len(each) <= _LONGEST_KEPT for each in said[1:])


def _platform(header: bytes | None) -> str:
    text = header.decode("latin-1").strip().lower() if header is not None else OTHER
    return text if text in PLATFORMS else OTHER


def _count_error(counts: Counts, status: int) -> None:
    if status == _TOO_MANY:
        counts.limited += 1
    elif status == _GONE or status // 100 == _SERVER_ERROR:
        counts.failed += 1
    else:
        counts.refused += 1
