"""Publishing an announcement, taking it back, and telling anew what was told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.snapshots import SnapshotItem
from shared.errors import NotFound
from shared.events.outbox import emit
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_example.announcements import documents, queries
from svc_example.announcements.models import Announcement
from svc_example.announcements.schemas import AnnouncementIn


async def publish(
    session: AsyncSession, run: Runtime, sent: AnnouncementIn, *, now: datetime
) -> Announcement:
    """Keeps it and tells the city, in the caller's transaction."""
    row = Announcement(
        id=new_id(),
        version=1,
        title=sent.title.model_dump(),
        text=sent.text.model_dump(),
        published_at=now,
        withdrawn_at=None,
    )
    session.add(row)
    told = documents.of_publishing(run, row)
    await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
    return row


async def read(session: AsyncSession, announcement_id: UUID) -> Announcement:
    """One that holds; 404 for any other."""
    row = await queries.find(session, announcement_id)
    if row is None or row.withdrawn_at is not None:
        raise NotFound
    return row


async def withdraw(
    session: AsyncSession, announcement_id: UUID, if_match: str | None, *, now: datetime
) -> Announcement:
    """Takes it back; 404, 412 when another version was seen, 409 `already_withdrawn`."""
    row = await queries.find(session, announcement_id, lock=True)
    if row is None:
        raise NotFound
    refuse_stale(if_match, row.version)
    row.withdraw(now)
    told = documents.of_withdrawing(row)
    await emit(session, *told, entity_id=str(row.id), entity_version=row.version, now=now)
    return row


async def published_documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """What search was told of those that hold, for whoever lost it."""
    return [
        SnapshotItem(
            id=str(row.id),
            version=row.version,
            at=row.published_at,
            data=documents.published(run, row).model_dump(mode="json"),
        )
        for row in await queries.after(session, after, limit)
    ]
