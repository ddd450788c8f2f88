"""Reads of this slice."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accesses.models import Access


async def of_citizen(
    session: AsyncSession, citizen_id: str, before: UUID | None, limit: int
) -> Sequence[Access]:
    """Newest first; `before` is the last one seen."""
    mine = select(Access).where(Access.citizen_id == citizen_id)
    mine = mine if before is None else mine.where(Access.id < before)
    return (await session.scalars(mine.order_by(Access.id.desc()).limit(limit))).all()
