"""A memory of results that end: bounded, the oldest forgotten first, and whatever has ended."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """At most `limit` values, each until a moment in Unix seconds, put in about the order of these."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit, self._now = limit, float("-inf")
        self._known: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key, now: float) -> Value | None:
        """The value, unless it was forgotten or has ended."""
        self._now = now
        known = self._known.get(key)
        if known is None:
            return None
        if known[0] <= now:
            del self._known[key]
            return None
        return known[1]

    def put(self, key: Key, value: Value, until: float) -> None:
        """Keeps the value; the oldest go that have ended when last was asked, or that leave it no room."""
        self._known.pop(key, None)
        while self._known:
            oldest = next(iter(self._known))
            if len(self._known) < self._limit and self._known[oldest][0] > self._now:
                break
            del self._known[oldest]
        self._known[key] = (until, value)

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)
