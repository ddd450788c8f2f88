"""Taking in what the news say of events, and telling what is to come."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, TagsPurgedV1
from shared.events.event import Envelope
from shared.events.outbox import emit
from shared.runtime import Runtime
from shared.timers import schedule
from svc_tourism.agenda import queries, rules
from svc_tourism.agenda.models import AgendaEvent
from svc_tourism.agenda.queries import Found
from svc_tourism.agenda.rules import Around
from svc_tourism.places import usecases as places
from svc_tourism.places.rules import plane_of

KIND = "news_event"
TAG = "tourism:events"
OVER = "agenda_over"


async def take(session: AsyncSession, run: Runtime, event: Envelope, *, now: datetime) -> None:
    """An event was published or changed; older versions and other kinds change nothing."""
    told = DocumentPublishedV1.model_validate(event.data)
    row = await queries.find(session, told.id)
    if told.kind != KIND or (row is not None and row.version >= event.entityversion):
        return
    if row is None:
        row = AgendaEvent(id=told.id)
        session.add(row)
    row.version, row.gone = event.entityversion, False
    row.title, row.summary = event.data["title"], event.data["summary"]
    row.url = told.url
    row.published_at, row.starts_at, row.source = told.published_at, told.starts_at, told.source
    row.over_at = told.ends_at
    row.ends_at = rules.ends_at(told.published_at, told.expires_at, told.starts_at, told.ends_at)
    _put_on_the_map(run, row, told)
    await schedule(session, OVER, row.id, row.ends_at + rules.KEPT)
    await _purge(session, row, now)


async def withdraw(session: AsyncSession, event: Envelope, *, now: datetime) -> None:
    """It is public no longer: a row without words stays, even of what was never known.

    Nothing older brings it back.
    """
    told = DocumentWithdrawnV1.model_validate(event.data)
    row = await queries.find(session, told.id)
    if told.kind != KIND or (row is not None and row.version >= event.entityversion):
        return
    if row is None:
        row = AgendaEvent(id=told.id, url="", published_at=now, ends_at=now)
        session.add(row)
        await schedule(session, OVER, row.id, row.ends_at + rules.KEPT)
    row.version, row.gone, row.title, row.summary = event.entityversion, True, {}, {}
    await _purge(session, row, now)


async def forget(session: AsyncSession, event_id: str, now: datetime) -> None:
    """It is long over: the row goes, unless it was moved to later meanwhile."""
    row = await queries.find(session, event_id)
    if row is not None and row.ends_at + rules.KEPT <= now:
        await session.delete(row)


async def find_events(
    session: AsyncSession, run: Runtime, around: Around, limit: int, cursor: str | None, *, now: datetime
) -> Found:
    """What has not ended: around a listed place (404) or a point, or the first to end first."""
    if around.place is not None:
        place = await places.read(session, places.Target(around.place))
        return await queries.nearest(session, now, place.x, place.y, around.radius_m, limit), None
    if around.at is not None:
        x, y = plane_of(run.city.bounding_box).metres(*around.at)
        return await queries.nearest(session, now, x, y, around.radius_m, limit), None
    return await queries.coming(session, now, around.district, limit, cursor)


def _put_on_the_map(run: Runtime, row: AgendaEvent, told: DocumentPublishedV1) -> None:
    """By its point; without one by the area that is named, which may be a district."""
    row.lat = row.lon = row.x = row.y = row.village = row.district = None
    if told.point is not None:
        row.lat, row.lon = told.point.lat, told.point.lon
        row.x, row.y = plane_of(run.city.bounding_box).metres(row.lat, row.lon)
        row.village, row.district = run.city.areas.locate(row.lat, row.lon).codes
    elif told.area is not None and (area := run.city.areas.find(told.area)) is not None:
        upper = getattr(area, "district", None)
        row.village, row.district = (area.code, upper.code) if upper else (None, area.code)


async def _purge(session: AsyncSession, row: AgendaEvent, now: datetime) -> None:
    told = TagsPurgedV1(tags=(TAG,))
    await emit(session, told, entity_id=f"event:{row.id}", entity_version=row.version, now=now)
