"""Telling anew what was told by events: the same payloads, made of the rows as they stand."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.snapshots import SnapshotItem
from shared.events.event import Event
from shared.runtime import Runtime
from svc_laksa.reports import documents
from svc_laksa.reports.usecases import Report
from svc_laksa.snapshots import queries


async def requests(session: AsyncSession, run: Runtime, after: UUID | None, limit: int) -> list[SnapshotItem]:
    """RequestUpdatedV1 of every report with a citizen."""
    rows = await queries.of_citizens(session, after, limit)
    return [_item(row, documents.request_updated(run, row, row.updated_at), row.updated_at) for row in rows]


async def published_documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """DocumentPublishedV1 of every listed report."""
    rows = await queries.listed(session, after, limit)
    return [_item(row, documents.published(run, row, at), at) for row, at in rows]


def _item(report: Report, said: Event, at: datetime) -> SnapshotItem:
    return SnapshotItem(id=str(report.id), version=report.version, at=at, data=said.model_dump(mode="json"))


OWNED = {"requests": requests, "documents": published_documents}
