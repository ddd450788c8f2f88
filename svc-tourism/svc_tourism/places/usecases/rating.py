"""A place's stars, kept in its row as reviews come and go."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.outbox import emit
from svc_tourism.places import documents, queries


async def rate(
    session: AsyncSession, place_id: UUID, before: int | None, after: int | None, *, now: datetime
) -> None:
    """A published review came, changed or went; nothing to do where neither was public."""
    if before == after:
        return
    row = await queries.find(session, str(place_id), lock=True)
    if row is None:
        return
    row.rate(before, after)
    row.version += 1
    if row.listed:
        told = documents.of_rating(row)
        await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
