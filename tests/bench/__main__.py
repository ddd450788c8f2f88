"""`make bench`: every figure of one run, with its peers; progress as it goes, tables at the end."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.bench import passing, reports
from tests.bench.processes import pss_megabytes
from tests.bench.table import Table
from tests.bench.town import Town, running_town

_WHAT = ("passing", "memory", "uploads", "submits", "latency")


def say(line: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{line}\n")


async def bench(what: list[str], seconds: float, rounds: int) -> list[Table]:
    """The tables asked for."""
    tables = []
    with tempfile.TemporaryDirectory(prefix="city-bench-") as name:
        folder = Path(name)
        os.chmod(name, 0o711)  # PostgreSQL may run as another account
        if "passing" in what:
            tables.append(await passing.measure(folder, rounds=rounds, seconds=seconds, say=say))
        if set(what) - {"passing"}:
            async with running_town(folder / "run") as town:
                tables += await _in_town(town, what, seconds)
    return tables


async def _in_town(town: Town, what: list[str], seconds: float) -> list[Table]:
    tables = []
    if "memory" in what:
        await asyncio.sleep(5)
        tables.append(_memory(town))
    if "uploads" in what:
        tables.append(await reports.uploads(town, seconds=seconds, say=say))
    if "submits" in what:
        tables.append(await reports.submits(town, seconds=seconds * 3, say=say))
    if "latency" in what:
        tables.append(await reports.latency(town, rate=50, seconds=seconds * 2, say=say))
    return tables


def _memory(town: Town) -> Table:
    table = Table("memory at idle (PSS)", "process", "MB")
    for path in sorted((town.folder / "pids").iterdir()):
        if path.name not in ("supervisord", "postgres", "nats"):
            table.row(path.name, f"{pss_megabytes(town.pid(path.name)):.0f}")
    return table


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", nargs="*", default=_WHAT, metavar="WHAT", help=", ".join(_WHAT))
    parser.add_argument("--seconds", type=float, default=6, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of the pass-through, all peers in turn")
    asked = parser.parse_args()
    unknown = set(asked.what) - set(_WHAT)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(_WHAT)}")
    before = os.getloadavg()[0]
    for table in asyncio.run(bench(list(asked.what), asked.seconds, asked.rounds)):
        sys.stdout.write(f"{table}\n")
    sys.stdout.write(f"\n{os.cpu_count()} cores; load before the first measurement {before:.1f}\n")


if __name__ == "__main__":
    main()
