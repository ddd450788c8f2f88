"""What a start shows while it happens: one line per step, with its time."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def say(text: str, end: str = "\n") -> None:
    """Writes to the terminal at once; a terminal that was closed meanwhile must not stop the stopping."""
    with suppress(OSError):
        sys.stdout.write(text + end)
        sys.stdout.flush()


class Progress:
    """Writes to the terminal; on a terminal a running step's line is rewritten in place."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._live = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """Seconds since the start began."""
        return time.monotonic() - self._began

    def note(self, text: str) -> None:
        """Something the user should know."""
        self._write(f"  {text}", end="\n")

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """A step; the function it gives says how far it is."""
        began, said = time.monotonic(), ""

        def tell(text: str) -> None:
            nonlocal said
            said = text
            if self._live:
                self._write(f"  {name:<10} {text}", end="")

        tell("…")
        try:
            yield tell
        except BaseException:
            self._write(f"  {name:<10} not done", end="\n")
            raise
        shown = "ready" if said == "…" else said
        self._write(f"  {name:<10} {shown} ({time.monotonic() - began:.1f} s)", end="\n")

    def _write(self, text: str, end: str) -> None:
        say(("\r\x1b[K" if self._live else "") + text, end)
