"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.erasures.models import Erasure

Show = Literal["waiting", "late", "done"]
Place = tuple[datetime, UUID]


async def page(
    session: AsyncSession, show: Show | None, now: datetime, before: Place | None, limit: int
) -> Sequence[Erasure]:
    """Newest first; `before`: (requested_at, id) of the last one seen."""
    wanted = select(Erasure)
    if show is not None:
        open_ = Erasure.done_at.is_(None)
        wanted = wanted.where(
            {"waiting": open_, "late": open_ & (Erasure.due_at <= now), "done": ~open_}[show]
        )
    if before is not None:
        wanted = wanted.where(tuple_(Erasure.requested_at, Erasure.id) < before)
    return (
        await session.scalars(wanted.order_by(Erasure.requested_at.desc(), Erasure.id.desc()).limit(limit))
    ).all()


async def counts(session: AsyncSession, now: datetime) -> tuple[int, int]:
    """(how many are not done, how many of them are late)."""
    open_ = select(func.count(), func.count().filter(Erasure.due_at <= now)).where(Erasure.done_at.is_(None))
    row = (await session.execute(open_)).one()
    return row[0], row[1]
