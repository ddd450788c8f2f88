"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.notices.models import Notice
from gateway.notices.rules import MOST_PLANNED

Place = tuple[datetime, UUID]


async def planned(session: AsyncSession, now: datetime) -> Sequence[Row[Any]]:
    """Every notice that is not over."""
    columns = [c for c in Notice.__table__.c if c.name not in ("author", "version", "changed_at")]
    coming = select(*columns).where(Notice.ends_at > now).order_by(Notice.ends_at, Notice.id)
    return (await session.execute(coming.limit(MOST_PLANNED))).all()


async def count_planned(session: AsyncSession, now: datetime) -> int:
    """How many are not over."""
    return await session.scalar(select(func.count()).where(Notice.ends_at > now)) or 0


async def page(session: AsyncSession, before: Place | None, limit: int) -> Sequence[Notice]:
    """The one that ends last first; `before`: (ends_at, id) of the last one seen."""
    wanted = select(Notice).order_by(Notice.ends_at.desc(), Notice.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(tuple_(Notice.ends_at, Notice.id) < before)
    return (await session.scalars(wanted)).all()
