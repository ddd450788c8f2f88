"""Writing one part of a file: what is not there yet, what is condensed of it, and the news."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import CountMovedV1, TagsPurgedV1
from shared.contracts.prices import ObservationsImportedV1, PriceHeldV1
from shared.events.outbox import emit
from shared.runtime import Runtime
from svc_prices.exchange import queries, rules
from svc_prices.exchange.queries import Stamp
from svc_prices.exchange.rules import Refusal, Refused, Row
from svc_prices.exchange.usecases.report import Declared, Part, Report
from svc_prices.observations import usecases as observations
from svc_prices.observations.documents import TAG
from svc_prices.observations.queries import Touched
from svc_prices.surveys import usecases as surveys
from svc_prices.watches.usecases import look_again


async def take(session: AsyncSession, run: Runtime, part: Part, declared: Declared, report: Report) -> None:
    """Inserts what has no observation yet and condenses it; what is there already is never changed.

    An observation that says something else is corrected by hand, with a reason and its history.
    """
    rows, now = list(part.rows.values()), run.clock.now()
    if not rows:
        return
    await observations.lock(session, {row.market_id for row in rows}, part.days)
    held = await _held(session, run, rows, declared, now)
    stamp = Stamp(declared.by, declared.reason, str(run.city.zone), now)
    there = {each.line: each.same for each in await queries.insert_new(session, rows, held, stamp)}
    for row in rows:
        if not there.get(row.line, True):
            report.refuse(Refusal(row.line, "", Refused.DIFFERS))
    report.unchanged += sum(there.values())
    fresh = [row for row in rows if row.line not in there]
    counted = [row for row in fresh if row.price is not None and row.line not in held]
    report.took(fresh, held)
    await observations.refresh(session, _touched(counted), now)
    if fresh:
        await _tell(session, declared, fresh, held, now)
    if declared.historical:
        return
    surveyed = {(r.market_id, r.day) for r in fresh if surveys.may_still_be_surveyed(run, r.day, now)}
    await surveys.note_progress(session, surveyed, now=now)
    for market_id in sorted({row.market_id for row in counted}):
        await look_again(session, market_id, now)


async def _held(
    session: AsyncSession, run: Runtime, rows: Sequence[Row], declared: Declared, now: datetime
) -> Mapping[int, str]:
    """Which lines wait for a supervisor, and why. What surveyors still enter is no past that somebody has
    checked: with one word she would publish her own slip of today."""
    judged = rows
    if declared.historical:
        judged = [row for row in rows if surveys.may_still_be_surveyed(run, row.day, now)]
    return rules.far_off_rows(judged, *await queries.published_around(session, judged)) if judged else {}


def _touched(rows: Sequence[Row]) -> list[Touched]:
    """Of many rows the few that stand for every day and every series among them."""
    days: set[tuple[int, str, date]] = set()
    series: set[rules.Series] = set()
    found = []
    for row in rows:
        day, mine = (row.commodity_id, row.level, row.day), rules.series_of(row)
        if day not in days or mine not in series:
            days.add(day)
            series.add(mine)
            found.append(Touched(*row.key))
    return found


async def _tell(
    session: AsyncSession, declared: Declared, fresh: Sequence[Row], held: Mapping[int, str], now: datetime
) -> None:
    """One event for the part, whatever its size; one for each price that waits."""
    days = [row.day for row in fresh]
    waiting = [row for row in fresh if row.line in held]
    absent = sum(row.price is None for row in fresh)
    told = ObservationsImportedV1(
        file=declared.digest,
        historical=declared.historical,
        first_day=min(days),
        last_day=max(days),
        published=len(fresh) - len(waiting) - absent,
        not_available=absent,
        held=len(waiting),
    )
    version = int(now.timestamp() * 1_000)
    purged = TagsPurgedV1(tags=(TAG,))
    await emit(session, told, purged, entity_id=declared.digest, entity_version=version, now=now)
    if waiting:
        await _tell_held(session, waiting, held, now)


async def _tell_held(
    session: AsyncSession, waiting: Sequence[Row], held: Mapping[int, str], now: datetime
) -> None:
    markets = await queries.every_market(session)
    commodities = await queries.every_commodity(session)
    for row in waiting:
        market, commodity = markets[row.market_id].code, commodities[row.commodity_id].code
        key: dict[str, Any] = {"market": market, "commodity": commodity, "day": row.day}
        events = (
            PriceHeldV1(**key, level=cast(Any, row.level), held_for=held[row.line]),
            CountMovedV1(measure="price_review", to_state="waiting"),
        )
        subject = f"{market}/{row.day}/{commodity}/{row.level}"
        await emit(session, *events, entity_id=subject, entity_version=1, now=now)
