"""Everything the public may find here, told anew in the order of the ids, whichever slice it belongs to."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.snapshots import SnapshotItem
from shared.runtime import Runtime
from svc_news.articles.usecases import documents_of
from svc_news.collected.usecases import published_documents


async def documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """DocumentPublishedV1 of articles and events, and of what agencies of state wrote."""
    both = [
        *await documents_of(session, run, after, limit),
        *await published_documents(session, run, after, limit),
    ]
    return sorted(both, key=lambda item: item.id)[:limit]


OWNED = {"documents": documents}
