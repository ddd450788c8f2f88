"""Noting that somebody had a resident's data; whoever opens it notes it in the same transaction."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accesses.models import Access
from shared.tables import FORGOTTEN_AT_ONCE

What = Literal["export_requested", "export_gathered", "export_read"]
Whom = Literal["self", "system", "staff"]
KEPT = timedelta(days=365)
"""She can look a year back (DECISIONS: how long what is told of her data is kept)."""


async def note(
    session: AsyncSession,
    citizen_id: str,
    what: What,
    whom: Whom,
    *,
    now: datetime,
    agency: str | None = None,
    service: str | None = None,
    purpose: str | None = None,
) -> None:
    """Adds a line to the trail she can read."""
    facts = {"agency": agency, "service": service, "purpose": purpose}
    session.add(Access(citizen_id=citizen_id, at=now, what=what, whom=whom, **facts))


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """Deletes the trail of somebody who erased her account; answers how many lines."""
    gone = delete(Access).where(Access.citizen_id == citizen_id).returning(Access.id)
    return len((await session.execute(gone)).all())


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes lines older than a year, a bounded batch; answers how many."""
    old = select(Access.id).where(Access.at < now - KEPT).limit(FORGOTTEN_AT_ONCE)
    gone = delete(Access).where(Access.id.in_(old)).returning(Access.id)
    return len((await session.execute(gone.execution_options(synchronize_session=False))).all())
