"""The breaker of one service: after many failures it is left alone for a moment, then tried once."""

from collections.abc import Callable

from shared.clock import stopwatch

_WINDOW_SECONDS = 10
_LEAST = 20
_SHARE = 0.5
_OPEN_SECONDS = 2.0


class Breaker:
    """Counts outcomes by the second over ten seconds; opens at half of at least twenty failed.

    Only what the service is to blame for is told to it: no connection, a broken answer, no answer in time.
    """

    def __init__(self, clock: Callable[[], float] = stopwatch) -> None:
        self._clock = clock
        self._seconds = [0] * _WINDOW_SECONDS
        self._outcomes = [[0, 0] for _ in range(_WINDOW_SECONDS)]
        self._opened_at: float | None = None
        self._probe_until = 0.0

    @property
    def state(self) -> str:
        """closed, open or half-open."""
        if self._opened_at is None:
            return "closed"
        return "open" if self._clock() - self._opened_at < _OPEN_SECONDS else "half-open"

    def admits(self) -> bool:
        """Whether a request may be sent; half-open admits one every two seconds until one succeeds."""
        if self._opened_at is None:
            return True
        now = self._clock()
        if now - self._opened_at < _OPEN_SECONDS or now < self._probe_until:
            return False
        self._probe_until = now + _OPEN_SECONDS
        return True

    def succeeded(self) -> None:
        """An answer came, whatever its status."""
        if self._opened_at is not None:
            self._opened_at, self._probe_until = None, 0.0
            self._outcomes = [[0, 0] for _ in range(_WINDOW_SECONDS)]
        self._bucket()[0] += 1

    def failed(self) -> None:
        """No answer came."""
        self._bucket()[1] += 1
        now = self._clock()
        if self._opened_at is not None:
            self._opened_at, self._probe_until = now, 0.0
            return
        good, bad = self._recent(int(now))
        if good + bad >= _LEAST and bad >= _SHARE * (good + bad):
            self._opened_at = now

    def _bucket(self) -> list[int]:
        second = int(self._clock())
        place = second % _WINDOW_SECONDS
        if self._seconds[place] != second:
            self._seconds[place] = second
            self._outcomes[place] = [0, 0]
        return self._outcomes[place]

    def _recent(self, second: int) -> tuple[int, int]:
        fresh = [
            outcome
            for at, outcome in zip(self._seconds, self._outcomes, strict=True)
            if second - at < _WINDOW_SECONDS
        ]
        return sum(o[0] for o in fresh), sum(o[1] for o in fresh)


class RetryBudget:
    """At most one retry for ten requests, so that retries never double the load of a struggling service."""

    def __init__(self, share: float = 0.1, most: float = 10) -> None:
        self._share, self._most = share, most
        self._left = most

    def earn(self) -> None:
        """A first attempt was made."""
        self._left = min(self._left + self._share, self._most)

    def spend(self) -> bool:
        """Whether a retry may be made."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
