"""Prices as files: page by page in short transactions, so that a slow reader holds no connection."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from svc_prices.exchange import documents, queries
from svc_prices.exchange.rules import PANEL, WFP, panel_row, wfp_row

PAGE = 2_000
MOST_DAYS = 366
_USUAL = timedelta(days=30)
_Page = Callable[[AsyncSession, date, date, Sequence[Any] | None, int], Awaitable[Sequence[Row[Any]]]]


class Turns:
    """Two exports of a process read at a time, page by page: thirty would take all its connections."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(2)


class Days(NamedTuple):
    """The first and last day of an export, both included."""

    first: date
    last: date


def days_of(first: date | None, last: date | None, today: date) -> Days:
    """The days asked for, the last 31 by default; 422 for more than 366, or an end before the beginning."""
    end = last or today
    begin = first or end - _USUAL
    if begin > end:
        raise Unprocessable(errors=[FieldError("to", "range_backwards")])
    if (end - begin).days >= MOST_DAYS:
        raise Unprocessable(errors=[FieldError("from", "range_too_long", {"days": MOST_DAYS})])
    return Days(begin, end)


async def export_wfp(run: Runtime, days: Days) -> AsyncGenerator[bytes]:
    """Every published price of the days in the columns of WFP. Pages are read one after the other: a price
    that changes meanwhile is in the file as it was or as it is."""
    async with _turn(run) as session:
        markets, commodities = await queries.every_market(session), await queries.every_commodity(session)
    city = run.city.name.model_dump()
    yield documents.lines([WFP])
    async for rows in _pages(run, days, queries.published_page, key=4):
        known = [row for row in rows if row.market_id in markets and row.commodity_id in commodities]
        yield documents.lines(
            wfp_row(row, markets[row.market_id], commodities[row.commodity_id], city) for row in known
        )


async def export_panel(run: Runtime, days: Days) -> AsyncGenerator[bytes]:
    """The city's retail medians of the days as rows of the Panel Harga, commodity by commodity."""
    async with _turn(run) as session:
        commodities = await queries.every_commodity(session)
    yield documents.lines([PANEL])
    async for rows in _pages(run, days, queries.medians_page, key=2):
        known = [row for row in rows if row.commodity_id in commodities]
        yield documents.lines(panel_row(row, commodities[row.commodity_id]) for row in known)


async def edition(run: Runtime, days: Days) -> str:
    """What stands in the files of these days, as a digest that changes whenever something of it does."""
    async with _turn(run) as session:
        numbers = await queries.edition(session, *days)
    told = (*days, *numbers, run.city.name.model_dump(), WFP, PANEL)
    return sha256(repr(told).encode()).hexdigest()[:24]


async def describe(session: AsyncSession, run: Runtime, days: Days, language: str) -> dict[str, Any]:
    """The data package of both files for those days."""
    newest, observed_at, sources = await queries.age_and_sources(session)
    changed_at = await queries.changed_at(session, *days)
    age = documents.Age(newest, observed_at, sources, changed_at)
    return documents.datapackage(run, language, days, age)


async def _pages(run: Runtime, days: Days, read: _Page, key: int) -> AsyncGenerator[Sequence[Row[Any]]]:
    """All rows by keyset; their first `key` columns are the place."""
    after: Sequence[Any] | None = None
    while True:
        async with _turn(run) as session:
            rows = await read(session, *days, after, PAGE)
        yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1][:key]


@asynccontextmanager
async def _turn(run: Runtime) -> AsyncIterator[AsyncSession]:
    """A short transaction of its own, as soon as it is this export's turn."""
    turns: Turns = run.parts.setdefault(Turns, Turns())
    async with turns.places, run.database.transaction() as session:
        yield session
