"""Reading published prices: the newest, medians, one commodity compared and over time, a basket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import stopwatch
from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from svc_prices.commodities import usecases as commodities
from svc_prices.commodities.models import Commodity, ReferencePrice
from svc_prices.markets import usecases as markets
from svc_prices.markets.models import MEDIAN, Market
from svc_prices.readings import queries
from svc_prices.readings.rules import LONGEST_DAYS, OLDEST_DAYS

_DEFAULT_DAYS = 90

UsualPrices = Mapping[int, tuple[int, Sequence[float] | None]]


@dataclass(frozen=True, slots=True)
class Priced:
    """A page of prices with what stands beside them, by commodity id.

    `usual` is how many days of the past year had a median, and their quartiles (rupiah).
    """

    rows: Sequence[Row[Any]]
    next: str | None
    references: Mapping[int, Sequence[ReferencePrice]]
    usual: UsualPrices


@dataclass(frozen=True, slots=True)
class Line:
    """One commodity from `first` to `last`: of a market, or the city's median; `drawn` as of queries.line."""

    commodity: Commodity
    market: Market | None
    level: str
    first: date
    last: date
    drawn: Row[Any]
    references: Sequence[ReferencePrice]


@dataclass(frozen=True, slots=True)
class Basket:
    """A list with its quantities, in its order, and what each market has of it."""

    items: Sequence[tuple[Commodity, Decimal]]
    level: str
    rows: Sequence[Row[Any]]


class Usual:
    """The past year's quartiles by level and commodity, kept in memory for some seconds.

    They move once a day and cost more than everything else on a page.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[tuple[str, date], tuple[float, UsualPrices]] = {}

    async def of(self, session: AsyncSession, level: str, today: date) -> UsualPrices:
        """How many days had a median, and their quartiles (rupiah), by commodity id."""
        until, known = self._kept.get((level, today), (float("-inf"), {}))
        if until <= stopwatch():
            rows = await queries.usual(session, level, today)
            known = {row.id: (row.days, row.parts) for row in rows}
            todays = {key: kept for key, kept in self._kept.items() if key[1] == today}
            self._kept = todays | {(level, today): (stopwatch() + self._seconds, known)}
        return known


async def latest(
    session: AsyncSession,
    run: Runtime,
    level: str,
    commodity: str | None,
    market: str | None,
    today: date,
    *,
    limit: int,
    cursor: str | None,
) -> Priced:
    """The newest prices per market; 422 for a commodity or market nobody knows."""
    rows, following = await queries.latest_page(session, level, commodity, market, limit, cursor)
    if not rows and commodity is not None:
        await commodities.named(session, commodity)
    if not rows and market is not None:
        await markets.named(session, market)
    return await _priced(session, run, rows, following, level, today)


async def medians(
    session: AsyncSession, run: Runtime, level: str, today: date, *, limit: int, cursor: str | None
) -> Priced:
    """The city's newest medians."""
    rows, following = await queries.medians_page(session, level, limit, cursor)
    return await _priced(session, run, rows, following, level, today)


async def compare(
    session: AsyncSession, commodity: str, level: str
) -> tuple[Commodity, Sequence[Row[Any]], Sequence[ReferencePrice]]:
    """One commodity on all markets; 422 for one nobody knows."""
    thing, references = await commodities.named_with_references(session, commodity)
    return thing, await queries.compare(session, thing.id, level), references


async def line(
    session: AsyncSession,
    commodity: str,
    market: str,
    level: str,
    first: date | None,
    last: date | None,
    today: date,
) -> Line:
    """The line of a market or the city's median, three years at most; 422 for anything unknown or longer."""
    until = min(last or today, today)
    since = first or until - timedelta(days=_DEFAULT_DAYS)
    if since > until:
        raise Unprocessable(errors=[FieldError("from", "after_to")])
    if (until - since).days > LONGEST_DAYS:
        raise Unprocessable(errors=[FieldError("from", "too_long_line", {"days": LONGEST_DAYS})])
    thing, references = await commodities.named_with_references(session, commodity)
    place = await markets.named(session, market) if market != MEDIAN else None
    drawn = await queries.line(session, thing.id, level, place.id if place else None, since, until)
    return Line(thing, place, level, since, until, drawn, references)


async def basket(session: AsyncSession, items: Sequence[str], level: str, today: date) -> Basket:
    """What the list costs everywhere; items are `code:quantity`, 422 for one that cannot be read."""
    wanted = dict(map(_item, items))
    if len(wanted) < len(items):
        raise Unprocessable(errors=[FieldError("item", "repeated")])
    things = await commodities.all_named(session, list(wanted), "item")
    amounts = {thing.id: wanted[thing.code] for thing in things}
    rows = await queries.totals(session, amounts, level, today - timedelta(days=OLDEST_DAYS))
    return Basket([(thing, wanted[thing.code]) for thing in things], level, rows)


def in_force(references: Sequence[ReferencePrice], level: str, day: date) -> list[ReferencePrice]:
    """The newest of each kind that holds on the day."""
    kinds: dict[str, ReferencePrice] = {}
    for each in references:  # the newest first
        holds = each.valid_from <= day and (each.valid_to is None or day <= each.valid_to)
        if holds and each.level == level:
            kinds.setdefault(each.kind, each)
    return list(kinds.values())


async def _priced(
    session: AsyncSession,
    run: Runtime,
    rows: Sequence[Row[Any]],
    following: str | None,
    level: str,
    today: date,
) -> Priced:
    references = await commodities.references(session, sorted({row.commodity_id for row in rows}))
    kept: Usual = run.part(Usual)
    return Priced(rows, following, references, await kept.of(session, level, today) if rows else {})


def _item(text: str) -> tuple[str, Decimal]:
    code, _, quantity = text.partition(":")
    amount = Decimal(quantity or 1)
    if not amount:
        raise Unprocessable(errors=[FieldError("item", "none_of_it")])
    return code, amount
