"""Reads of itineraries: a resident's own, and one by its link."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_tourism.itineraries.models import Itinerary


async def page(session: AsyncSession, citizen_id: str, after: UUID | None, limit: int) -> Sequence[Itinerary]:
    """Hers with a greater id, in the order of their ids."""
    mine = select(Itinerary).where(Itinerary.citizen_id == citizen_id)
    mine = mine.where(Itinerary.id > after) if after is not None else mine
    return (await session.scalars(mine.order_by(Itinerary.id).limit(limit))).all()


async def page_of_citizen(
    session: AsyncSession, citizen_id: str, limit: int, cursor: str | None
) -> tuple[Sequence[Itinerary], str | None]:
    """The same, with the cursor of the next page."""
    bound = {"list": "itineraries", "citizen": citizen_id}
    after = _id(*paging.decode(cursor, bound, 1)) if cursor is not None else None
    rows = await page(session, citizen_id, after, limit + 1)
    return rows[:limit], paging.encode((rows[limit - 1].id,), bound) if len(rows) > limit else None


async def count(session: AsyncSession, citizen_id: str) -> int:
    """How many she has; nobody else adds one of hers until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(citizen_id, 41))))
    mine = select(func.count()).select_from(Itinerary).where(Itinerary.citizen_id == citizen_id)
    return await session.scalar(mine) or 0


async def find(
    session: AsyncSession, itinerary_id: UUID, citizen_id: str, *, lock: bool = False
) -> Itinerary | None:
    """Hers alone."""
    mine = select(Itinerary).where(Itinerary.id == itinerary_id, Itinerary.citizen_id == citizen_id)
    found: Itinerary | None = await session.scalar(mine.with_for_update() if lock else mine)
    return found


async def by_link(session: AsyncSession, digest: bytes) -> Itinerary | None:
    """The one whose link has this digest."""
    found: Itinerary | None = await session.scalar(select(Itinerary).where(Itinerary.share_digest == digest))
    return found


async def remove_all(session: AsyncSession, citizen_id: str) -> int:
    """Deletes hers; how many went."""
    gone: Any = delete(Itinerary).where(Itinerary.citizen_id == citizen_id).returning(Itinerary.id)
    return len((await session.execute(gone)).all())


def _id(text: Any) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
