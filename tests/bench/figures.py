"""The figures of the gateway, each beside what it is measured against and what is wanted of it.

A module of this folder adds its own by `async def rows(bench: Bench) -> list[Row]` and a line in `__main__`.
"""

from collections.abc import Callable, Collection, Iterable
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


@dataclass(frozen=True, slots=True)
class Line:
    """A figure that is wanted, and the part of a run that measures it; `how`, if its name alone does not."""

    what: str
    part: str
    wanted: str
    how: str = ""


_INBOX = "inbox (the feed of my requests' stream) of 10,000,000, p95"
LINES = (
    Line(
        "pass-through of 3 KB beside fastify, Traefik, Caddy", "passing", "ahead of fastify, aim at Traefik"
    ),
    Line("cached GET beside a bare uvicorn", "cached", "at least 0.7"),
    Line("identical cold reads", "cold", "1 upstream, all answered"),
    Line("purge by event", "purges", "p99 < 250 ms"),
    Line("cancel storm", "cancels", "the next call answers"),
    Line("222 front ends, 1 and 2 workers", "clients", "all exact ± 1"),
    Line("slow clients", "slow", "10 s, 30 s, others as before"),
    Line("10,000 open streams, one worker", "streams", "all below 2 s, below 60 KB"),
    Line("streams opened and given up", "cycles", "0 places taken"),
    Line("home from 6 cold parts", "home", "ahead of fastify"),
    Line("home, one part hanging, stopped, garbling, p99", "home", "< 450 ms, the others present"),
    Line("sign-in of 1,062,235, p95", "loaded", "at most 2 x of 10,000"),
    Line("my requests of 3,000,000, p95", "loaded", "at most 2 x of 10,000"),
    Line(_INBOX, "loaded", "at most 2 x of 10,000"),
    Line("search of 500,000, p95", "loaded", "at most 2 x of 10,000"),
    Line("memory of a gateway worker at idle", "memory", "below 190 MB"),
    Line("memory of a service at idle", "memory", "below 165 MB"),
    Line("home for a phone, compressed", "phone", "at most 15 KB"),
    Line("home for a phone with 30 providers, compressed", "phone", "at most 15 KB"),
    Line("memory growth over an hour of load", "hour", "below 5%", "SOAK=3600"),
)
"""What shall stand in the table of every run, and `not measured` beside what was left out of it."""


def unmeasured(parts: Collection[str]) -> list[Row]:
    """A row for each line that none of these parts measures."""
    left = [line for line in LINES if line.part not in parts]
    told = ((line, f"not measured: make bench {line.how or f'ARGS={line.part}'}") for line in left)
    return [Row(line.what, how, "", "", line.wanted, None) for line, how in told]


def table(rows: Iterable[Row]) -> Table:
    """What a person reads."""
    made = Table("figures", "what", "ours", "peers", "ratio", "wanted", "")
    for row in rows:
        met = "" if row.met is None else "met" if row.met else "not met"
        made.row(row.what, row.ours, row.peers, row.ratio, row.wanted, met)
    return made
