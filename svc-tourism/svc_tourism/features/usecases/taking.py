"""The read model of what other services published: the newer version wins, whatever comes last."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.areas import Areas, Village
from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1, TagsPurgedV1
from shared.events.event import Envelope
from shared.events.outbox import emit
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE
from svc_tourism.features.documents import TAG
from svc_tourism.features.models import Feature

#: Longer than a stream keeps an event (30 days): what is forgotten cannot come back.
KEPT = timedelta(days=40)
_TABLE = cast(Table, Feature.__table__)
_KEY = ("kind", "id")


class ForeignKind(ValueError):
    """A service speaks of a kind of document that is not its own: kinds begin with their publisher's name."""


async def take(session: AsyncSession, run: Runtime, event: Envelope, *, now: datetime) -> bool:
    """Keeps a published document that has a place; False if a newer version is known, or it never had one.

    ForeignKind: the event goes to the dead letters.
    """
    said = DocumentPublishedV1.model_validate(event.data)
    _refuse_foreign(event, said.kind)
    where = _where(said, run.city.areas)
    if where is None:
        return await _leave(session, said, event, now)
    row = {
        "kind": said.kind,
        "id": said.id,
        "version": event.entityversion,
        "title": said.title,
        "summary": said.summary,
        **where,
        "url": said.url,
        "source": said.source,
        "published_at": said.published_at,
        "expires_at": said.expires_at,
        "ends_at": said.expires_at or said.published_at,
        "updated_at": event.time,
        "gone_at": None,
        "forget_at": said.expires_at and said.expires_at + KEPT,
    }
    return await _keep(session, row, event, now)


async def withdraw(session: AsyncSession, event: Envelope, *, now: datetime) -> bool:
    """Marks a document as gone; False if a newer version is known.

    A row without facts where none is known: a late publication must not bring it back.
    """
    said = DocumentWithdrawnV1.model_validate(event.data)
    _refuse_foreign(event, said.kind)
    return await _keep(session, _nothing(said.kind, said.id, event, now), event, now)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes what has been gone for 40 days, a batch; answers how many."""
    key = tuple_(Feature.kind, Feature.id)
    old = select(Feature.kind, Feature.id).where(Feature.forget_at < now).limit(FORGOTTEN_AT_ONCE)
    gone = await session.execute(delete(Feature).where(key.in_(old)))
    return cast(CursorResult[Any], gone).rowcount


async def _leave(session: AsyncSession, said: DocumentPublishedV1, event: Envelope, now: datetime) -> bool:
    """It lies nowhere now: no feature any more if it was one, and nothing older makes it one again."""
    mine = (Feature.kind == said.kind, Feature.id == said.id, Feature.gone_at.is_(None))
    shown = await session.scalar(select(Feature.id).where(*mine))
    newer = await _put(session, _nothing(said.kind, said.id, event, now))
    return newer and shown is not None and await _purge(session, said.kind, said.id, event, now)


def _nothing(kind: str, document_id: str, event: Envelope, now: datetime) -> dict[str, Any]:
    """What is kept of a document that is no feature: its version."""
    return {
        "kind": kind, "id": document_id, "version": event.entityversion, "title": {}, "summary": {},
        "lat": 0.0, "lon": 0.0, "located": "nowhere", "village": None, "district": None, "url": "",
        "source": None,
        "published_at": event.time, "expires_at": None, "ends_at": event.time, "updated_at": event.time,
        "gone_at": now, "forget_at": now + KEPT,
    }  # fmt: skip


async def _keep(session: AsyncSession, row: dict[str, Any], event: Envelope, now: datetime) -> bool:
    if not await _put(session, row):
        return False
    return await _purge(session, row["kind"], row["id"], event, now)


async def _put(session: AsyncSession, row: dict[str, Any]) -> bool:
    """False if a newer version stands there."""
    taken = insert(_TABLE).values(row)
    changed = {name: taken.excluded[name] for name in row if name not in _KEY}
    newer = _TABLE.c.version < taken.excluded.version
    upsert = taken.on_conflict_do_update(constraint=_TABLE.primary_key, set_=changed, where=newer)
    return await session.scalar(upsert.returning(_TABLE.c.id)) is not None


async def _purge(session: AsyncSession, kind: str, document_id: str, event: Envelope, now: datetime) -> bool:
    purged = TagsPurgedV1(tags=(TAG, f"{TAG}:{kind}"))
    subject = f"features/{kind}/{document_id}"
    await emit(session, purged, entity_id=subject, entity_version=event.entityversion, now=now)
    return True


def _refuse_foreign(event: Envelope, kind: str) -> None:
    if not kind.startswith(f"{event.publisher}_"):
        raise ForeignKind(f"{event.publisher} speaks of {kind!r}: its kinds begin with {event.publisher}_")


def _where(said: DocumentPublishedV1, areas: Areas) -> dict[str, Any] | None:
    """Point and areas; the middle of its area for what has no point, None for what lies nowhere."""
    area = areas.find(said.area) if said.area else None
    if said.point is None and area is None:
        return None
    if said.point is not None:
        lat, lon = said.point.lat, said.point.lon
    elif isinstance(area, Village):
        lat, lon = area.lat, area.lon
    else:
        inside = [village for village in areas.villages if village.district == area]
        lat, lon = (sum(getattr(v, name) for v in inside) / len(inside) for name in ("lat", "lon"))
    located = areas.locate(lat, lon)
    village = area.code if isinstance(area, Village) else None
    if area is None and located.inside:
        village = located.village.code
    district = area.district.code if isinstance(area, Village) else area.code if area else None
    if district is None and located.inside:
        district = located.district.code
    where = {"lat": lat, "lon": lon, "village": village, "district": district}
    return where | {"located": "point" if said.point is not None else "area"}
