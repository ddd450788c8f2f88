"""What the city's prices mean today: made anew once a minute, whoever asks in between reads the same."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from shared.runtime import Runtime
from svc_prices.indicators import queries
from svc_prices.indicators.queries import Series
from svc_prices.indicators.rules import (
    NEWS_DAYS,
    Finding,
    Months,
    Reading,
    alps,
    ifpa,
    monthly,
    number_of,
    read_class,
)

YEARS = 10
"""How far back the indicators look."""
_MINUTE = timedelta(minutes=1)
_LONGER = timedelta(minutes=10)
_YEAR = timedelta(days=366)
_NONE = Series()


@dataclass(frozen=True, slots=True)
class Standing:
    """One commodity (id, code, name, unit, position): its newest city median, and what it means.

    `source` is that of everything looked at: demo if something is made up, mixed if it comes from several.
    """

    commodity: Row[Any]
    day: date | None
    price: int | None
    source: str | None
    reading: Reading
    alps: Finding
    ifpa: Finding

    @property
    def alerting(self) -> bool:
        """Whether one of the two indicators is above normal."""
        return any(found.level not in (None, "normal") for found in (self.alps, self.ifpa))


@dataclass(slots=True)
class Board:
    """The standings of the minute, and the months of the past, which seldom change, of ten minutes."""

    standings: Sequence[Standing] = ()
    until: datetime | None = None
    months: Mapping[int, Series] = field(default_factory=dict)
    months_until: datetime | None = None
    day: date | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


async def standings(session: AsyncSession, run: Runtime) -> Sequence[Standing]:
    """Every active commodity in the order of lists, at most a minute old.

    From retail medians of the city alone: what is held or was not available never comes here.
    """
    board: Board = run.parts.setdefault(Board, Board())
    now = run.clock.now()
    today = now.astimezone(run.city.zone).date()
    async with board.busy:
        if board.until is None or now >= board.until or board.day != today:
            await _make(session, board, today, now)
        return board.standings


async def _make(session: AsyncSession, board: Board, today: date, now: datetime) -> None:
    begun = today.replace(day=1)
    if board.months_until is None or now >= board.months_until or board.day != today:
        since = begun.replace(year=begun.year - YEARS)
        board.months, board.months_until = await queries.months(session, since, begun), now + _LONGER
    days = await queries.days(session, today - _YEAR)
    board.standings = [
        _standing(commodity, board.months.get(commodity.id, _NONE), days.get(commodity.id, _NONE), today)
        for commodity in await queries.listed(session)
    ]
    board.day, board.until = today, now + _MINUTE


def _standing(commodity: Row[Any], past: Series, recent: Series, today: date) -> Standing:
    days = recent.prices
    this_month = {day: price for day, price in days.items() if number_of(day) == number_of(today)}
    months: Months = {**past.prices, **monthly(this_month.items())}
    month = max((number for number in months if number >= number_of(today) - 1), default=number_of(today))
    newest = max(days, default=None)
    fresh = newest is not None and newest >= today - timedelta(days=NEWS_DAYS)
    return Standing(
        commodity,
        newest,
        None if newest is None else int(days[newest]),
        _source(past.sources | recent.sources),
        read_class(days, newest if fresh and newest is not None else today),
        alps(months, month),
        ifpa(months, month),
    )


def _source(sources: set[str]) -> str | None:
    if "demo" in sources:
        return "demo"
    return "mixed" if len(sources) > 1 else next(iter(sources), None)


async def page(
    session: AsyncSession, run: Runtime, alerting: bool, limit: int, cursor: str | None
) -> tuple[Sequence[Standing], str | None]:
    """One page of the standings, all or only those above normal, and the cursor of the next."""
    filters, every = {"list": "alerts", "alerting": alerting}, await standings(session, run)
    if cursor is not None:
        after = tuple(paging.decode(cursor, filters, 2))
        if not all(type(part) is int for part in after):
            raise BadCursor
        every = [each for each in every if (each.commodity.position, each.commodity.id) > after]
    rows = [each for each in every if each.alerting or not alerting]
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1].commodity
    return rows[:limit], paging.encode((last.position, last.id), filters)
