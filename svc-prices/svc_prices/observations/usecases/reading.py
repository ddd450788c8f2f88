"""Reading for staff: the entry form, one observation, what it said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import NotFound
from svc_prices.commodities import usecases as commodities
from svc_prices.commodities.models import Commodity, LocalUnit
from svc_prices.markets import usecases as markets
from svc_prices.markets.models import Market
from svc_prices.observations import queries
from svc_prices.observations.models import Observation, ObservationRevision
from svc_prices.observations.usecases.settling import lock
from svc_prices.surveys import usecases as surveys

_MOST_REVISIONS = 50


@dataclass(frozen=True, slots=True)
class Named:
    """An observation as an address names it."""

    market: str
    day: date
    commodity: str
    level: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An observation with what its numbers stand for."""

    row: Observation
    market: Market
    commodity: Commodity

    @property
    def names(self) -> tuple[str, str, str]:
        """Codes of market and commodity, and the commodity's unit."""
        return self.market.code, self.commodity.code, self.commodity.unit


@dataclass(frozen=True, slots=True)
class Form:
    """The rows of an entry form, prices of other markets and local units by commodity id."""

    market: Market
    day: date
    level: str
    rows: Sequence[Row[Any]]
    elsewhere: Mapping[int, Sequence[Row[Any]]]
    units: Mapping[int, Sequence[LocalUnit]]


async def form(session: AsyncSession, market: str, day: date, level: str, *, caller: Caller) -> Form:
    """The entry form; 404 for a market that is not there or not this surveyor's."""
    found = await markets.found(session, market)
    if not await surveys.may_survey(session, found.id, caller):
        raise NotFound
    rows = await queries.form_rows(session, found.id, day, level)
    ids = [row.id for row in rows]
    elsewhere = await queries.others(session, found.id, level, ids)
    return Form(found, day, level, rows, elsewhere, await commodities.local_units(session, ids))


async def read(session: AsyncSession, named: Named) -> Shown:
    """One observation, on a closed market too; 404 if nothing was ever said of it."""
    return await _shown(session, named, lock_row=False)


async def locked(session: AsyncSession, named: Named) -> Shown:
    """The same, and nobody else writes to its market and day until the transaction ends."""
    return await _shown(session, named, lock_row=True)


async def history(session: AsyncSession, named: Named) -> tuple[Shown, Sequence[ObservationRevision]]:
    """It, and what it said before, the newest first."""
    found = await read(session, named)
    return found, await queries.revisions(session, found.row, _MOST_REVISIONS)


async def published_before(session: AsyncSession, row: Observation) -> ObservationRevision | None:
    """The newest earlier word on it that was published, or None."""
    return await queries.before_now(session, row)


async def _shown(session: AsyncSession, named: Named, *, lock_row: bool) -> Shown:
    market = await markets.known(session, named.market)
    commodity = await commodities.known(session, named.commodity)
    if lock_row:
        await lock(session, [market.id], [named.day])
    row = await queries.find(session, commodity.id, named.level, market.id, named.day, lock=lock_row)
    if row is None:
        raise NotFound
    return Shown(row, market, commodity)
