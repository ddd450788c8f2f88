"""Reports in the order of their ids, one statement a page, on the primary key."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from svc_laksa.reports.models import Report, Step
from svc_laksa.reports.rules import State

_LISTED_AT = (
    select(func.min(Step.at))
    .where(Step.report_id == Report.id, Step.state != State.MODERATION)
    .correlate(Report)
    .scalar_subquery()
)


async def of_citizens(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[Report]:
    """Reports that belong to somebody signed in."""
    where = Report.citizen_id.is_not(None)
    return (
        await session.scalars(select(Report).where(where, *_beyond(after)).order_by(Report.id).limit(limit))
    ).all()


async def listed(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[tuple[Report, datetime]]:
    """Reports the public may find, each with the moment it left moderation or, without one, arrived."""
    statement = select(Report, _LISTED_AT).where(Report.listed == true(), *_beyond(after))
    rows = await session.execute(statement.order_by(Report.id).limit(limit))
    return [(report, at) for report, at in rows]


def _beyond(after: UUID | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [Report.id > after]
