"""An engine that fails again and again is left alone for a while: nobody waits two seconds for nothing."""

from collections.abc import Callable

from shared.clock import stopwatch

_FAILURES, _REST_SECONDS = 5, 15.0


class Breaker:
    """Opens after five failures in a row; 15 s later one request may try, and its outcome decides."""

    def __init__(self, clock: Callable[[], float] = stopwatch) -> None:
        self._clock, self._failures, self._rests_until = clock, 0, 0.0

    def admits(self) -> bool:
        """Whether the engine may be asked now; while it rests, one asker in 15 s."""
        if self._failures < _FAILURES:
            return True
        if self._clock() < self._rests_until:
            return False
        self._rests_until = self._clock() + _REST_SECONDS
        return True

    def succeeded(self) -> None:
        """It answered."""
        self._failures = 0

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        if self._failures == _FAILURES:
            self._rests_until = self._clock() + _REST_SECONDS
