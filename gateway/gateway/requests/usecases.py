"""Keeping up with what the services say of a citizen's requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, or_, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from gateway.erasures import usecases as erasures
from gateway.requests.models import CityRequest
from gateway.streams import usecases as streams
from shared.contracts.city import RequestUpdatedV1
from shared.contracts.snapshots import SnapshotItem
from shared.errors import Conflict
from shared.events.event import Envelope

FEED_EVENT = "request_updated"


class ForeignKind(ValueError):
    """A service speaks of a kind of request that is not its own: kinds begin with their publisher's name."""


class RequestOfAnother(Conflict):
    code = "request_of_another"


async def note_update(session: AsyncSession, event: Envelope, *, now: datetime) -> bool:
    """Takes the request's new state and tells its citizen; False if a newer one is known, or she has left.

    ForeignKind: the event goes to the dead letters.
    """
    said = _own(RequestUpdatedV1.model_validate(event.data), event.publisher)
    return await _take(session, said, event.subject, event.entityversion, event.time, now)


async def take_status(
    session: AsyncSession,
    publisher: str,
    said: RequestUpdatedV1,
    entity_id: str,
    version: int,
    *,
    now: datetime,
) -> bool:
    """Takes what a provider says of a request, as `note_update` does. ForeignKind; False if it is no news.

    409 `request_of_another` if the number is that of another resident: it would move from her list to his.
    """
    own = _own(said, publisher)
    await streams.in_order(session)
    held = await session.get(CityRequest, (own.kind, entity_id), populate_existing=True)
    if held is not None and held.citizen_id != own.citizen_id:
        raise RequestOfAnother
    return await _take(session, own, entity_id, version, now, now)


async def _take(
    session: AsyncSession, said: RequestUpdatedV1, entity_id: str, version: int, at: datetime, now: datetime
) -> bool:
    row = _row(said, entity_id, version, at)
    await streams.in_order(session)
    if await erasures.erased_among(session, [said.citizen_id]):
        return False
    if await session.scalar(_TAKE_IF_NEWER, row) is None:
        return False
    payload = said.model_dump(mode="json", exclude={"citizen_id"})
    payload |= {"id": entity_id, "updated_at": at.isoformat()}
    await streams.tell(session, said.citizen_id, FEED_EVENT, payload, now=now)
    return True


async def take_snapshots(session: AsyncSession, publisher: str, items: Sequence[SnapshotItem]) -> int:
    """Takes what an owner says of its requests where it is newer or differs; tells nobody. How many it wrote.

    ForeignKind, or a ValidationError: nothing is taken. Whoever should be told of what was missed is told by
    the events themselves: replay before you rebuild.
    """
    if not items:
        return 0
    said = [(_own(RequestUpdatedV1.model_validate(item.data), publisher), item) for item in items]
    await streams.in_order(session)  # as every writer of these rows, and as whoever erases them
    left = await erasures.erased_among(session, [each.citizen_id for each, _ in said])
    rows = [_row(each, item.id, item.version, item.at) for each, item in said if each.citizen_id not in left]
    if not rows:
        return 0
    return len((await session.scalars(_TAKE_IF_OTHER, rows)).all())


async def drop(session: AsyncSession, rows: Sequence[tuple[str, str, int]]) -> int:
    """Removes (kind, id, version), each unless it has changed meanwhile. How many went."""
    if not rows:
        return 0
    await streams.in_order(session)
    key = tuple_(CityRequest.kind, CityRequest.entity_id, CityRequest.version)
    went = delete(CityRequest).where(key.in_(rows)).returning(CityRequest.entity_id)
    return len((await session.execute(went)).all())


async def forget_from(session: AsyncSession, citizen_id: str, publisher: str) -> int:
    """Deletes what one publisher told of a citizen's requests; answers how many."""
    await streams.in_order(session)
    its = CityRequest.kind.startswith(f"{publisher}_", autoescape=True)
    gone = delete(CityRequest).where(CityRequest.citizen_id == citizen_id, its)
    return len((await session.execute(gone.returning(CityRequest.entity_id))).all())


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """Deletes everything a citizen asked for from this list; answers how many. After `streams.in_order`."""
    gone = delete(CityRequest).where(CityRequest.citizen_id == citizen_id).returning(CityRequest.entity_id)
    return len((await session.execute(gone)).all())


def _own(said: RequestUpdatedV1, publisher: str) -> RequestUpdatedV1:
    if not said.kind.startswith(f"{publisher}_"):  # or a rebuild would look for it at the wrong owner
        raise ForeignKind(f"{publisher} speaks of {said.kind!r}: its kinds begin with {publisher}_")
    return said


def _row(said: RequestUpdatedV1, entity_id: str, version: int, at: datetime) -> dict[str, Any]:
    row = {name: value for name, value in said.model_dump().items() if name in _TABLE.c}
    return row | {"entity_id": entity_id, "version": version, "updated_at": at}


_TABLE = cast(Table, CityRequest.__table__)
_TAKE = insert(_TABLE)
_FACTS = [column for column in _TABLE.c if not column.primary_key]
_NEWER = _TABLE.c.version < _TAKE.excluded.version
_OTHER = (_TABLE.c.version == _TAKE.excluded.version) & tuple_(*_FACTS).is_distinct_from(
    tuple_(*(_TAKE.excluded[column.name] for column in _FACTS))
)


def _take_if(better: ColumnElement[bool]) -> ReturningInsert[tuple[str]]:
    changed = {column.name: _TAKE.excluded[column.name] for column in _FACTS}
    taken = _TAKE.on_conflict_do_update(constraint=_TABLE.primary_key, set_=changed, where=better)
    return taken.returning(_TABLE.c.entity_id)


_TAKE_IF_NEWER, _TAKE_IF_OTHER = _take_if(_NEWER), _take_if(or_(_NEWER, _OTHER))
