"""Residents save lists of places, order them, plan a day of them, and share them by a link."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.crypto import secret_digest
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_tourism.hours.rules import CityHours
from svc_tourism.itineraries import queries, rules
from svc_tourism.itineraries.models import Itinerary
from svc_tourism.itineraries.rules import Plan, Stop
from svc_tourism.itineraries.schemas import ItineraryIn, StopIn
from svc_tourism.pack import PlaceCategories
from svc_tourism.places import usecases as places
from svc_tourism.places.documents import hours_of

MOST = 100
_TOKEN_BYTES = 24


class TooManyItineraries(Conflict):
    code = "too_many_itineraries"


@dataclass(frozen=True, slots=True)
class Saved:
    """An itinerary, opened, with those of its places that are listed."""

    row: Itinerary
    plan: ItineraryIn
    places: Mapping[UUID, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """Its plan of a day."""

    saved: Saved
    day: date
    plan: Plan


async def save(
    session: AsyncSession, run: Runtime, sent: ItineraryIn, *, caller: Caller, now: datetime
) -> Saved:
    """A new one; 409 `too_many_itineraries` beyond a hundred, 422 for a place that is not listed."""
    if await queries.count(session, caller.person) >= MOST:
        raise TooManyItineraries
    found = await _places(session, sent)
    row = Itinerary(
        id=new_id(),
        citizen_id=caller.person,
        version=1,
        share_digest=None,
        created_at=now,
        updated_at=now,
    )
    row.plan = _sealed(run, row, sent)
    session.add(row)
    return Saved(row, sent, found)


async def replace(
    session: AsyncSession,
    run: Runtime,
    itinerary_id: UUID,
    sent: ItineraryIn,
    if_match: str | None,
    *,
    caller: Caller,
    now: datetime,
) -> Saved:
    """Writes it anew, in the order sent; places that have left the map may stay. 404, 412, 422."""
    row = await _own(session, itinerary_id, caller, lock=True)
    refuse_stale(if_match, row.version)
    held = {stop.place_id for stop in opened(run, row).stops}
    found = await _places(session, sent, held)
    row.plan = _sealed(run, row, sent)
    row.version, row.updated_at = row.version + 1, now
    return Saved(row, sent, found)


async def read(session: AsyncSession, run: Runtime, itinerary_id: UUID, *, caller: Caller) -> Saved:
    """Hers; 404 for another's."""
    return await _whole(session, run, await _own(session, itinerary_id, caller))


async def list_own(
    session: AsyncSession, run: Runtime, limit: int, cursor: str | None, *, caller: Caller
) -> tuple[list[Saved], str | None]:
    """A page of hers and the cursor of the next, in two statements however many there are."""
    rows, following = await queries.page_of_citizen(session, caller.person, limit, cursor)
    plans = [opened(run, row) for row in rows]
    ids = {stop.place_id for plan in plans for stop in plan.stops}
    found = await places.listed(session, list(ids))
    return [Saved(row, plan, found) for row, plan in zip(rows, plans, strict=True)], following


async def remove(session: AsyncSession, itinerary_id: UUID, *, caller: Caller) -> None:
    """Deletes hers; its link ends with it. 404."""
    await session.delete(await _own(session, itinerary_id, caller, lock=True))


async def share(session: AsyncSession, itinerary_id: UUID, *, caller: Caller) -> str:
    """A new read-only link (192 random bits); the one before it ends. 404."""
    row = await _own(session, itinerary_id, caller, lock=True)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row.share_digest = secret_digest(token)
    return f"/v1/tourism/shared/{token}"


async def stop_sharing(session: AsyncSession, itinerary_id: UUID, *, caller: Caller) -> None:
    """Its link ends. 404."""
    (await _own(session, itinerary_id, caller, lock=True)).share_digest = None


async def read_shared(session: AsyncSession, run: Runtime, token: str) -> Saved:
    """By its link; 404 once it is shared no longer."""
    row = await queries.by_link(session, secret_digest(token))
    if row is None:
        raise NotFound
    return await _whole(session, run, row)


async def plan_day(
    session: AsyncSession,
    run: Runtime,
    itinerary_id: UUID,
    day: date | None,
    *,
    caller: Caller,
    now: datetime,
) -> Planned:
    """A plan of the day asked for, of its own day, or of today. 404."""
    saved = await read(session, run, itinerary_id, caller=caller)
    wanted = day or saved.plan.day or now.astimezone(run.city.zone).date()
    zone, sent = run.city.zone, saved.plan
    begins = datetime.combine(wanted, sent.begins, zone)
    ends = datetime.combine(wanted, sent.ends, zone)
    stops = [_stop(run, stop, saved.places.get(stop.place_id), begins) for stop in sent.stops]
    start = (sent.start.lat, sent.start.lon) if sent.start else None
    return Planned(saved, wanted, rules.plan_day(stops, start, begins, ends, sent.mode))


def opened(run: Runtime, row: Itinerary) -> ItineraryIn:
    """What its owner wrote."""
    return ItineraryIn.model_validate_json(run.cipher.decrypt(row.plan, Itinerary.place_of(row.id)))


def _stop(run: Runtime, sent: StopIn, place: Any, begins: datetime) -> Stop:
    """A stop with the hours of its place on that day, and of the day before if they last until one begins."""
    if place is None:
        return Stop((0.0, 0.0), timedelta(), (), "gone")
    at = (place.lat, place.lon)
    kind = run.part(PlaceCategories).by_code.get(place.category)
    stay = timedelta(minutes=sent.stay_minutes or (kind.stay_minutes if kind else 60))
    if place.status == "closed":
        return Stop(at, stay, (), "closed_for_a_while")
    hours, day = run.part(CityHours), begins.date()
    days = list(hours.days_from(hours_of(place), day - timedelta(days=1), 2))
    if not days[1].known:
        midnight = datetime.combine(day, datetime.min.time(), run.city.zone)
        return Stop(at, stay, ((midnight, midnight + timedelta(days=1), False),))
    ranges = [
        (each.start, each.end, each.sure)
        for one in days
        for each in one.ranges
        if one.date == day or each.end > begins
    ]
    return Stop(at, stay, tuple(ranges))


async def _places(
    session: AsyncSession, sent: ItineraryIn, held: Sequence[UUID] | set[UUID] = ()
) -> Mapping[UUID, Any]:
    found = await places.listed(session, [stop.place_id for stop in sent.stops])
    strange = [n for n, stop in enumerate(sent.stops) if stop.place_id not in found.keys() | set(held)]
    if strange:
        raise Unprocessable(errors=[FieldError(f"stops.{n}.place_id", "unknown") for n in strange])
    return found


async def _own(session: AsyncSession, itinerary_id: UUID, caller: Caller, *, lock: bool = False) -> Itinerary:
    row = await queries.find(session, itinerary_id, caller.person, lock=lock)
    if row is None:
        raise NotFound
    return row


async def _whole(session: AsyncSession, run: Runtime, row: Itinerary) -> Saved:
    plan = opened(run, row)
    return Saved(row, plan, await places.listed(session, [stop.place_id for stop in plan.stops]))


def _sealed(run: Runtime, row: Itinerary, sent: ItineraryIn) -> bytes:
    return run.cipher.encrypt(sent.model_dump_json(), Itinerary.place_of(row.id))
