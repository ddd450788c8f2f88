"""The figures of the gateway, each beside what it is measured against and what is wanted of it.

A module of this folder adds its own by `async def rows(bench: Bench) -> list[Row]` and a line in `__main__`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `met` is None for what is only told."""

    what: str
    ours: str
    peers: str
    ratio: str
    wanted: str
    met: bool | None


@dataclass(slots=True)
class Bench:
    """One run: a folder for its files, how long and how often to measure, where to say how it goes."""

    folder: Path
    seconds: float
    rounds: int
    say: Callable[[str], None]
    details: list[Table] = field(default_factory=list)
    """Tables of a figure's own, printed before the one of all figures."""


def table(rows: Iterable[Row]) -> Table:
    """What a person reads."""
    made = Table("figures", "what", "ours", "peers", "ratio", "wanted", "")
    for row in rows:
        met = "" if row.met is None else "met" if row.met else "not met"
        made.row(row.what, row.ours, row.peers, row.ratio, row.wanted, met)
    return made
