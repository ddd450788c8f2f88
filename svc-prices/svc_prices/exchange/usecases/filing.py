"""The command `import`: a file of any size, part by part, each part in a transaction of its own."""

import asyncio
import hashlib
import os
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TextIO

from shared.clock import stopwatch
from shared.errors import Unprocessable
from shared.runtime import Runtime
from svc_prices.exchange.rules import Refusal
from svc_prices.exchange.usecases.importing import (
    DAYS,
    JUDGED_DAYS,
    UnreadableFile,
    opened,
    parts,
    reader_of,
)
from svc_prices.exchange.usecases.report import Declared, Part, Report
from svc_prices.exchange.usecases.taking import take

ROWS, JUDGED_ROWS = 50_000, 5_000
"""Of a part; fewer where beside it stand the prices it is judged by."""
Say = Callable[[str], object]


def chosen(arguments: Sequence[str]) -> Namespace:
    """What stands behind `import`; SystemExit with the usage if it cannot be understood."""
    parser = ArgumentParser("python -m svc_prices import", description="Prices from a CSV file.")
    parser.add_argument("file", type=Path, help="columns of WFP/HDX, or rows of the Panel Harga")
    parser.add_argument("--market", help="code of the market that the rows of a Panel Harga belong to")
    parser.add_argument(
        "--historical",
        action="store_true",
        help="somebody has checked these prices: outliers are published, nobody is told of changes",
    )
    return parser.parse_args(list(arguments))


async def import_path(run: Runtime, options: Namespace, say: Say) -> int:
    """Takes the file in and says how far it is; answers the exit code, 1 if a row was refused.

    Broken off at any moment it is begun again: what was taken is found unchanged.
    """
    digest = hashlib.sha256()
    with options.file.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    declared = Declared("command", digest.hexdigest(), options.market, options.historical)
    try:
        with options.file.open(encoding="utf-8", errors="replace", newline="") as file:
            report = await _import(run, file, declared, say)
    except UnreadableFile as error:
        raise SystemExit(f"{options.file}: line {error.params['line']} cannot be read") from error
    except Unprocessable as error:
        raise SystemExit(f"no market has the code {options.market}") from error
    for line in _table(report):
        say(line)
    return 1 if report.refused else 0


async def _import(run: Runtime, file: TextIO, declared: Declared, say: Say) -> Report:
    began = stopwatch()
    header, rows = opened(file)
    async with run.database.transaction() as session:
        reader = await reader_of(session, run, header, declared)
    report = Report(declared, reader.format)
    most = (ROWS, DAYS) if declared.historical else (JUDGED_ROWS, JUDGED_DAYS)
    async with aclosing(_one_ahead(parts(reader, rows, report, *most))) as ahead:
        async for part in ahead:
            async with run.database.transaction() as session:
                await take(session, run, part, declared, report)
            say(f"{part.until:>12,} rows, {_share(file):4.0%} of the file, after {stopwatch() - began:.1f} s")
    return report


def _share(file: TextIO) -> float:
    """How much of it was read; of an empty file all."""
    read, size = file.buffer.tell(), os.fstat(file.fileno()).st_size
    return read / size if size else 1


async def _one_ahead(every: AsyncGenerator[Part]) -> AsyncGenerator[Part]:
    """The next part is read while PostgreSQL is busy with one."""
    coming = asyncio.ensure_future(anext(every, None))
    try:
        while (part := await coming) is not None:
            coming = asyncio.ensure_future(anext(every, None))
            yield part
    finally:
        coming.cancel()


def _table(report: Report) -> list[str]:
    """The result for people: numbers, then the first refusals with line, column and reason."""
    numbers = {
        "rows": report.rows,
        "published": report.published,
        "not available": report.not_available,
        "held": report.held,
        "unchanged": report.unchanged,
        "refused": report.refused,
    }
    reasons = [f"  {reason:<12} {count:>12,}" for reason, count in report.reasons.most_common()]
    lines = [f"{name:<14} {number:>12,}" for name, number in numbers.items()]
    return [*lines, *reasons, *(_named(refusal) for refusal in report.refusals)]


def _named(refusal: Refusal) -> str:
    return f"  line {refusal.line:,}, {refusal.column or 'whole row'}: {refusal.reason}"
