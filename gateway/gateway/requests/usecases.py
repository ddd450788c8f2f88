"""Keeping up with what the services say of a citizen's requests."""

from datetime import datetime

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
    about = said.model_dump() | {"updated_at": event.time}
    await streams.in_order(session)
    statement = insert(CityRequest).values(entity_id=event.subject, version=event.entityversion, **about)
    news = statement.on_conflict_do_update(
        index_elements=[CityRequest.kind, CityRequest.entity_id],
        set_={name: statement.excluded[name] for name in (*about, "version")},
        where=CityRequest.version < statement.excluded.version,
    ).returning(CityRequest.entity_id)
    if await session.scalar(news) is None:
        return False
    payload = said.model_dump(mode="json", exclude={"citizen_id"})
    payload |= {"id": event.subject, "updated_at": event.time.isoformat()}
    await streams.tell(session, said.citizen_id, FEED_EVENT, payload, now=now)
    return True
