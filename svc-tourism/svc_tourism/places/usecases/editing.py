"""Editors write places, correct them and confirm their facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending
from shared.auth import Caller
from shared.contracts.city import MediaAttachedV1, MediaReleasedV1
from shared.errors import FieldError, NotFound, Unprocessable
from shared.events.event import Event
from shared.events.outbox import emit
from shared.ids import new_id
from shared.media import accept
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_tourism.hours.usecases import in_osm, in_ramadan
from svc_tourism.pack import PlaceCategories
from svc_tourism.places import documents, queries, rules
from svc_tourism.places.models import Place, PlaceRevision
from svc_tourism.places.rules import Target
from svc_tourism.places.schemas.editing import CheckIn, PhotoIn, PlaceIn

#: What a place is before anybody has said anything of it.
_NOTHING: Mapping[str, Any] = {
    "wheelchair": "unknown",
    "accessibility": {},
    "contact": {},
    "tags": {},
    "photos": [],
}


class PlaceOutsideCity(Unprocessable):
    code = "place_outside_city"


async def create(
    session: AsyncSession, run: Runtime, sent: PlaceIn, *, caller: Caller, now: datetime
) -> Place:
    """Keeps a new place; told to the city unless it is a draft. 422 as `replace`."""
    row = Place(
        id=new_id(),
        version=1,
        status="draft",
        facts={},
        photos=[],
        rating_count=0,
        rating_sum=0,
        created_at=now,
        updated_at=now,
        published_at=None,
    )
    row.slug = rules.slug_of(sent.name.id, row.id.hex[-8:])
    attached, _ = _write(run, row, sent, caller, now)
    session.add(row)
    groups = rules.groups_told(_values(row))
    _stamp(row, groups, sent.source, caller, now)
    _note(session, row, "created", groups, sent.source, caller, now)
    told = [*(documents.of_publishing(run, row) if row.listed else ()), *_media(attached, ())]
    await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
    return row


async def replace(
    session: AsyncSession, run: Runtime, target: Target, sent: PlaceIn, *, caller: Caller, now: datetime
) -> Place:
    """Writes a place anew; the facts that changed count as checked now.

    404, 412 when another version was seen; 422 for a category nobody knows, a point outside the city, hours
    that cannot be understood, or a photo that is not there.
    """
    row = await _locked(session, target)
    before, was_listed = _values(row), row.listed
    attached, released = _write(run, row, sent, caller, now)
    groups = rules.groups_changed(before, _values(row))
    _stamp(row, groups, sent.source, caller, now)
    row.touch(now)
    _note(session, row, "changed", groups, sent.source, caller, now, before)
    told = [*_told(run, row, was_listed, groups), *_media(attached, released)]
    await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
    return row


async def check_facts(
    session: AsyncSession, run: Runtime, target: Target, sent: CheckIn, *, caller: Caller, now: datetime
) -> Place:
    """Somebody looked, and these facts are right; 404, 412."""
    row = await _locked(session, target)
    groups = sorted(sent.groups)
    _stamp(row, groups, sent.source, caller, now)
    row.touch(now)
    _note(session, row, "checked", groups, sent.source, caller, now, _values(row))
    told = _told(run, row, row.listed, groups)
    await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
    return row


async def form_of(session: AsyncSession, ref: str) -> Place:
    """Any place, whatever its status; 404."""
    row = await queries.find(session, ref)
    if row is None:
        raise NotFound
    return row


async def history(
    session: AsyncSession, ref: str, limit: int, cursor: str | None
) -> tuple[Sequence[PlaceRevision], str | None]:
    """What editors did to a place, the last first; 404."""
    row = await form_of(session, ref)
    return await queries.revisions(session, row.id, limit, cursor)


async def _locked(session: AsyncSession, target: Target) -> Place:
    row = await queries.find(session, target.ref, lock=True)
    if row is None:
        raise NotFound
    refuse_stale(target.if_match, row.version)
    return row


def _write(
    run: Runtime, row: Place, sent: PlaceIn, caller: Caller, now: datetime
) -> tuple[set[str], set[str]]:
    """Everything sent into the row; (media ids that came, media ids that went)."""
    if sent.category not in run.part(PlaceCategories).by_code:
        raise Unprocessable(errors=[FieldError("category", "unknown")])
    _put_on_the_map(run, row, sent)
    _write_hours(run, row, sent)
    row.category, row.name, row.name_key = sent.category, sent.name.model_dump(), rules.name_key(sent.name.id)
    row.description = sent.description.model_dump()
    row.address, row.website = sent.address, sent.website
    row.price, row.entry_fee = (sent.price.model_dump() if sent.price else None), sent.entry_fee
    row.wheelchair, row.accessibility = sent.wheelchair, sent.accessibility
    row.contact = sent.contact.model_dump(exclude_none=True)
    row.tags, row.source, row.attribution = sent.tags, sent.source, sent.attribution
    row.stand(sent.status or row.status, now)
    held = {photo["media_id"]: photo for photo in row.photos}
    row.photos = [_photo(run, held, each, caller, now) for each in sent.photos]
    kept = {photo["media_id"] for photo in row.photos}
    return kept - held.keys(), held.keys() - kept


def _put_on_the_map(run: Runtime, row: Place, sent: PlaceIn) -> None:
    located = run.city.areas.locate(sent.point.lat, sent.point.lon)
    if not located.inside:
        raise PlaceOutsideCity
    row.village, row.district = located.codes
    row.approximate = located.approximate
    row.move_to(sent.point.lat, sent.point.lon, rules.plane_of(run.city.bounding_box))


def _write_hours(run: Runtime, row: Place, sent: PlaceIn) -> None:
    """Ramadan's hours may stand in the same text, or in a field of their own, which goes before."""
    usual = in_osm(run, sent.hours, "hours")
    row.hours_text, row.opening_hours = sent.hours, usual.opening_hours
    row.ramadan_hours = in_ramadan(run, sent.ramadan_hours, "ramadan_hours") or usual.ramadan_hours


def _photo(
    run: Runtime, held: Mapping[str, dict[str, Any]], sent: PhotoIn, caller: Caller, now: datetime
) -> dict[str, Any]:
    if sent.receipt is not None:
        media_id: UUID = accept(sent.receipt, run.keys, caller.scope, now).media_id
    elif sent.media_id is not None and str(sent.media_id) in held:
        media_id = sent.media_id
    else:
        raise Unprocessable(errors=[FieldError("photos", "unknown")])
    return {"media_id": str(media_id), "alt": sent.alt.model_dump()}


def _values(row: Place) -> dict[str, Any]:
    return {name: getattr(row, name) for name in rules.EDITED}


def _note(
    session: AsyncSession,
    row: Place,
    action: rules.Action,
    groups: Sequence[str],
    source: str,
    caller: Caller,
    now: datetime,
    before: Mapping[str, Any] = _NOTHING,
) -> None:
    """Keeps what was done to the place, with the change itself."""
    revision = PlaceRevision(
        place_id=row.id,
        version=row.version,
        action=action,
        groups=sorted(groups),
        changes=rules.changes(before, _values(row)),
        source=source,
        by=caller.person,
        agency=caller.agency,
        at=now,
    )
    pending.add_rows(session, [revision])


def _stamp(row: Place, groups: Sequence[str], source: str, caller: Caller, now: datetime) -> None:
    """These groups of facts were checked now, by this person."""
    fact = rules.fact(source, by=caller.person, agency=caller.agency, at=now.isoformat())
    row.facts = {**row.facts, **dict.fromkeys(groups, fact)}


def _told(run: Runtime, row: Place, was_listed: bool, groups: Sequence[str]) -> Iterator[Event]:
    if row.listed:
        yield from documents.of_change(run, row, groups) if was_listed else documents.of_publishing(run, row)
    elif was_listed:
        yield from documents.of_withdrawing(row)


def _media(attached: set[str], released: Any) -> Iterator[Event]:
    if attached:
        yield MediaAttachedV1(media_ids=tuple(sorted(attached)))
    if released:
        yield MediaReleasedV1(media_ids=tuple(sorted(released)))
