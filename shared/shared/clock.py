"""The only place that reads the system clock; use cases and rules receive `now`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment, always aware and in UTC."""

    def now(self) -> datetime:
        """The present moment, UTC."""


class SystemClock:
    """The machine's clock, shifted by CITY_TIME_OFFSET seconds in development."""

    def __init__(self, offset_seconds: float = 0) -> None:
        self._offset = timedelta(seconds=offset_seconds)

    def now(self) -> datetime:
        """The machine's time plus the offset."""
        return datetime.now(UTC) + self._offset


class ManualClock:
    """A clock that moves only when it is told to, so that ninety days pass in a moment."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The moment it was last moved to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Moves forward; a clock never goes back."""
        if by < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += by


def stopwatch() -> float:
    """Seconds on a clock that never jumps: for durations and deadlines, never for dates."""
    return time.monotonic()
