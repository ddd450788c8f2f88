"""Reads of announcements."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_example.announcements.models import Announcement

_FILTERS = {"list": "announcements"}


async def page(
    session: AsyncSession, limit: int, cursor: str | None
) -> tuple[Sequence[Announcement], str | None]:
    """Those that hold, newest first, and the cursor of the next page."""
    place = (Announcement.published_at, Announcement.id)
    statement = select(Announcement).where(Announcement.withdrawn_at.is_(None))
    if cursor is not None:
        statement = statement.where(tuple_(*place) < tuple_(*_position(cursor)))
    newest = statement.order_by(*(column.desc() for column in place)).limit(limit + 1)
    rows = (await session.scalars(newest)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.published_at.isoformat(), last.id), _FILTERS)


async def find(session: AsyncSession, announcement_id: UUID, *, lock: bool = False) -> Announcement | None:
    """One of them, withdrawn or not."""
    return await session.get(Announcement, announcement_id, with_for_update=lock or None)


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Announcement]:
    """Those that hold with a greater id, in the order of their ids."""
    statement = select(Announcement).where(Announcement.withdrawn_at.is_(None))
    statement = statement.where(Announcement.id > last) if last is not None else statement
    return (await session.scalars(statement.order_by(Announcement.id).limit(limit))).all()


def _position(cursor: str) -> tuple[datetime, UUID]:
    moment, announcement_id = paging.decode(cursor, _FILTERS, 2)
    try:
        return paging.moment(moment), UUID(announcement_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
