"""Reads: sessions that ended, and one person's own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Session
from shared.auth import Caller
from shared.errors import BadCursor
from shared.paging import decode, encode

SessionRow = Row[UUID, str | None, datetime, datetime, datetime]


async def revoked_sessions(session: AsyncSession, since: datetime) -> set[str]:
    """Ids (`sid`) of sessions ended at or after `since`; older access tokens have run out by themselves."""
    ids = await session.scalars(select(Session.id).where(Session.revoked_at >= since))
    return {str(each) for each in ids}


async def sessions_of(
    session: AsyncSession, person: Caller, now: datetime, cursor: str | None, limit: int
) -> tuple[Sequence[SessionRow], str | None]:
    """Live sessions of a person, newest first, and the next page's cursor; BadCursor for a foreign one."""
    wanted = select(Session.id, Session.client, Session.created_at, Session.last_seen_at, Session.expires_at)
    wanted = wanted.where(
        Session.person_kind == person.kind,
        Session.person_id == UUID(person.person),
        Session.revoked_at.is_(None),
        Session.expires_at > now,
    )
    whose = {"person": person.person}
    if cursor is not None:
        wanted = wanted.where(Session.id < _position(cursor, whose))
    rows = (await session.execute(wanted.order_by(Session.id.desc()).limit(limit + 1))).all()
    return rows[:limit], encode([rows[limit - 1].id], whose) if len(rows) > limit else None


def _position(cursor: str, whose: dict[str, str]) -> UUID:
    try:
        return UUID(str(decode(cursor, whose, 1)[0]))
    except ValueError as error:
        raise BadCursor from error
