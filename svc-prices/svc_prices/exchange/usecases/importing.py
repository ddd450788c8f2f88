"""Reading a file: its rows in parts that are written together."""

import asyncio
import csv
import io
import sys
from collections.abc import AsyncGenerator, Iterator
from typing import TextIO

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from svc_prices.exchange import queries
from svc_prices.exchange.rules import Reader, Refusal, rows_of
from svc_prices.exchange.usecases.report import Declared, Part, Report
from svc_prices.exchange.usecases.taking import take

DAYS, JUDGED_DAYS = 4_000, 400
"""So many different days at once at most, for each is a lock; fewer where prices are judged by others."""
_AT_ONCE = 1_000
_Rows = Iterator[tuple[int, list[str]]]


class UnreadableFile(Unprocessable):
    code = "import_unreadable"


class TooManyDays(Unprocessable):
    code = "import_too_many_days"


async def import_text(session: AsyncSession, run: Runtime, content: bytes, declared: Declared) -> Report:
    """Takes a small file in, in the transaction of the request: all of its rows together, or none.

    422 `import_unreadable` for what is neither format, or no CSV; `import_too_many_days` for what belongs
    into the command; 422 for a market nobody knows.
    """
    file = io.StringIO(content.decode(errors="replace"), newline="")
    header, rows = opened(file)
    reader = await reader_of(session, run, header, declared)
    report, most = Report(declared, reader.format), DAYS if declared.historical else JUDGED_DAYS
    async for part in parts(reader, rows, report, sys.maxsize, most + 1):
        if len(part.days) > most:
            raise TooManyDays(days=most)
        await take(session, run, part, declared, report)
    return report


def opened(file: TextIO) -> tuple[list[str], _Rows]:
    """Header and rows; UnreadableFile if it has no header that can be read."""
    try:
        return rows_of(file)
    except csv.Error as error:
        raise UnreadableFile(line=1) from error


async def reader_of(session: AsyncSession, run: Runtime, header: list[str], declared: Declared) -> Reader:
    """Reads the rows of a file with that header."""
    known = await queries.known(session)
    market = await queries.market_id(session, declared.market) if declared.market else None
    if declared.market and market is None:
        raise Unprocessable(errors=[FieldError("market", "unknown")])
    today = run.clock.now().astimezone(run.city.zone).date()
    try:
        return Reader(header, known, today, market)
    except ValueError as error:
        raise UnreadableFile(line=1) from error


async def parts(
    reader: Reader, rows: _Rows, report: Report, most_rows: int, most_days: int
) -> AsyncGenerator[Part]:
    """The file's good rows in parts of so many rows or days; whoever else waits is served in between."""
    part = Part()
    for line, cells in _every(rows):
        row = reader.read(line, cells)
        report.rows += 1
        if isinstance(row, Refusal):
            report.refuse(row)
        else:
            part.add(row, report)
        if report.rows % _AT_ONCE == 0:
            await asyncio.sleep(0)
        part.until = report.rows
        if len(part.rows) >= most_rows or len(part.days) >= most_days:
            yield part
            part = Part(until=report.rows)
    yield part


def _every(rows: _Rows) -> _Rows:
    """All of them; UnreadableFile where the CSV breaks off."""
    line = 1
    try:
        for line, cells in rows:
            yield line, cells
    except csv.Error as error:
        raise UnreadableFile(line=line + 1) from error
