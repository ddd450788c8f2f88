"""Keeping up with what the services say of a citizen's requests."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.requests.models import CityRequest
from gateway.streams import usecases as streams
from shared.contracts.city import RequestUpdatedV1
from shared.events.event import Envelope

FEED_EVENT = "request_updated"


async def note_update(session: AsyncSession, event: Envelope, *, now: datetime) -> bool:
    """Takes the request's new state and tells its citizen; False if a newer one is already known."""
    said = RequestUpdatedV1.model_validate(event.data)
    row = {name: value for name, value in said.model_dump().items() if name in _TABLE.c}
    row |= {"entity_id": event.subject, "version": event.entityversion, "updated_at": event.time}
    await streams.in_order(session)
    if await session.scalar(_TAKE_IF_NEWER, row) is None:
        return False
    payload = said.model_dump(mode="json", exclude={"citizen_id"})
    payload |= {"id": event.subject, "updated_at": event.time.isoformat()}
    await streams.tell(session, said.citizen_id, FEED_EVENT, payload, now=now)
    return True


_TABLE = cast(Table, CityRequest.__table__)
_TAKE = insert(_TABLE)
_TAKE_IF_NEWER = _TAKE.on_conflict_do_update(
    constraint=_TABLE.primary_key,
    set_={column.name: _TAKE.excluded[column.name] for column in _TABLE.c if not column.primary_key},
    where=_TABLE.c.version < _TAKE.excluded.version,
).returning(_TABLE.c.entity_id)
