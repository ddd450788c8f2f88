"""When a service counts as one that cannot be used now."""

from collections.abc import Mapping, Set

_MISTRUSTED_SECONDS = 10.0


class Standing:
    """Who is down: silent when asked for a document, or with a breaker that opened.

    An open breaker counts for ten seconds beyond its opening, or until an answer closes it: without anybody
    who asks it would stay half-open for ever, and with it whatever keeps people from asking.
    """

    def __init__(self) -> None:
        self._opened: dict[str, float] = {}

    def down(self, silent: Set[str], broken: Mapping[str, str], now: float) -> frozenset[str]:
        """The names of those that are down; `broken` are states of breakers, `now` in seconds."""
        opened = {name: now for name, state in broken.items() if state == "open"}
        self._opened = {name: at for name, at in self._opened.items() if name in broken} | opened
        mistrusted = {name for name, at in self._opened.items() if now - at < _MISTRUSTED_SECONDS}
        return frozenset(silent | mistrusted)
