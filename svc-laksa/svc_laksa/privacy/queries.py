"""Reads of one citizen's reports, whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from svc_laksa.reports.models import Report, ReportFile


async def page(session: AsyncSession, citizen_id: str, after: UUID | None, limit: int) -> Sequence[Report]:
    """Her reports with a greater id, in the order of their ids."""
    mine = select(Report).where(Report.citizen_id == citizen_id)
    mine = mine.where(Report.id > after) if after is not None else mine
    return (await session.scalars(mine.order_by(Report.id).limit(limit))).all()


async def locked(session: AsyncSession, citizen_id: str) -> Sequence[Report]:
    """All her reports, locked in the order of their ids."""
    mine = select(Report).where(Report.citizen_id == citizen_id).order_by(Report.id).with_for_update()
    return (await session.scalars(mine)).all()


async def by_report(session: AsyncSession, kind: Any, ids: Sequence[UUID]) -> Mapping[UUID, list[Any]]:
    """Texts, files or steps (`kind` is the table's class) of these reports, oldest first, by report."""
    rows = await session.scalars(select(kind).where(kind.report_id.in_(ids)).order_by(kind.version))
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.report_id].append(row)
    return found


async def still_attached(session: AsyncSession, media_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these files stand in a report."""
    wanted = select(ReportFile.media_id).where(ReportFile.media_id.in_(list(media_ids)))
    return set(await session.scalars(wanted))
