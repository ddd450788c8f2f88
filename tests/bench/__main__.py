"""`make bench`: every figure of one run, with its peers; progress as it goes, tables at the end."""

import argparse
import asyncio
import os
import sys
import tempfile
import traceback
from collections.abc import Awaitable
from pathlib import Path

from tests.bench import (
    cached,
    cancels,
    clients,
    cold,
    cycles,
    figures,
    home,
    loaded,
    passing,
    providers,
    purges,
    reports,
    slow,
    soak,
    streams,
)
from tests.bench.figures import Bench, Row
from tests.bench.processes import pss_megabytes
from tests.bench.table import Table
from tests.bench.town import Town, running_town

#: Each measures with processes of its own; the others share one running stack.
FIGURES = {
    "passing": passing.rows,
    "cached": cached.rows,
    "cold": cold.rows,
    "purges": purges.rows,
    "cancels": cancels.rows,
    "clients": clients.rows,
    "slow": slow.rows,
    "streams": streams.rows,
    "cycles": cycles.rows,
    "home": home.rows,
    "loaded": loaded.rows,
}
IN_TOWN = ("memory", "phone", "uploads", "submits", "latency", "soak")
USUAL = (*(name for name in FIGURES if name != "loaded"), *IN_TOWN)
"""What one run measures unless it is told; `loaded` fills tables for minutes and is asked for by name."""
_REST_SECONDS = 5
_MOST_MEGABYTES = {"gateway": 190, "service": 165}


def say(line: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{line}\n")


async def bench(what: list[str], seconds: float, rounds: int) -> list[Table]:
    """The tables asked for; the one of all figures is the last."""
    with tempfile.TemporaryDirectory(prefix="city-bench-") as name:
        given = Bench(Path(name), seconds, rounds, say)
        rows: list[Row] = []
        os.chmod(name, 0o711)  # PostgreSQL may run as another account
        for figure in [f for f in what if f in FIGURES]:
            rows += await _tried(figure, FIGURES[figure](given))
        if set(what) & set(IN_TOWN):
            rows += await _tried("a running city", _town(what, given))
    measured = {*what} | ({"hour"} if "soak" in what and soak.seconds() >= soak.HOUR else set())
    return [*given.details, figures.table([*rows, *figures.unmeasured(measured)])]


async def _tried(name: str, measuring: Awaitable[list[Row]]) -> list[Row]:
    """The rows of a part; one that breaks has a row that says so, and costs no other its figures."""
    try:
        return await measuring
    except Exception as error:  # noqa: BLE001 - told at once, and in the table
        traceback.print_exc()
        return [Row(name, f"broke: {type(error).__name__}, see above", "", "", "measured", False)]


async def _town(what: list[str], given: Bench) -> list[Row]:
    rows: list[Row] = []
    async with running_town(given.folder / "run") as town:
        if "memory" in what:
            await asyncio.sleep(_REST_SECONDS)
            rows += _memory(town)
        rows += await _in_town(town, what, given)
    return rows


async def _in_town(town: Town, what: list[str], given: Bench) -> list[Row]:
    tables, seconds, rows = given.details, given.seconds, []
    if "phone" in what:
        table, row = await home.phone(town)
        tables.append(table)
        rows += [row, await providers.crowded(town)]
    if "uploads" in what:
        tables.append(await reports.uploads(town, seconds=seconds, say=say))
    if "submits" in what:
        tables.append(await reports.submits(town, seconds=seconds * 3, say=say))
    if "latency" in what:
        tables.append(await reports.latency(town, rate=50, seconds=seconds * 2, say=say))
    if "soak" in what:
        table, grown = await soak.soak(town, say)
        tables.append(table)
        rows += grown
    return rows


def _memory(town: Town) -> list[Row]:
    """Proportional set size after the town has come to rest."""
    rows = []
    for name in soak.members(town):
        most = _MOST_MEGABYTES["gateway" if name.startswith("gateway") else "service"]
        used = pss_megabytes(town.pid(name))
        told = (f"memory of {name} at idle", f"{used:.0f} MB", "", "", f"below {most} MB", used < most)
        rows.append(Row(*told))
    return rows


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", nargs="*", default=USUAL, metavar="WHAT", help=", ".join(USUAL) + ", loaded")
    parser.add_argument("--seconds", type=float, default=6, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of the pass-through, all peers in turn")
    asked = parser.parse_args()
    known = (*USUAL, "loaded")
    unknown = set(asked.what) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    before = os.getloadavg()[0]
    for table in asyncio.run(bench(list(asked.what), asked.seconds, asked.rounds)):
        sys.stdout.write(f"{table}\n")
    sys.stdout.write(f"\n{os.cpu_count()} cores; load before the first measurement {before:.1f}\n")


if __name__ == "__main__":
    main()
