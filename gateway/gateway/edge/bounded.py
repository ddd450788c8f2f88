"""A memory of results that end: bounded, the oldest forgotten first."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """At most `limit` values, each until a moment in Unix seconds."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._known: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key, now: float) -> Value | None:
        """The value, unless it was forgotten or has ended."""
        known = self._known.get(key)
        if known is None:
            return None
        if known[0] <= now:
            del self._known[key]
            return None
        return known[1]

    def put(self, key: Key, value: Value, until: float) -> None:
        """Keeps the value, in place of the oldest one when there is no room."""
        while len(self._known) >= self._limit:
            del self._known[next(iter(self._known))]
        self._known[key] = (until, value)

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)
