"""Telling anew what was told by events: the same payloads, made of the rows as they stand."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.snapshots import SnapshotItem
from shared.runtime import Runtime
from svc_prices.commodities import usecases as commodities
from svc_prices.markets import usecases as markets


async def published_documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """DocumentPublishedV1 of every active market and commodity, in the order of their document ids."""
    found = [markets.told(run, row) for row in await markets.after(session, after, limit)]
    found += [commodities.told(run, row) for row in await commodities.after(session, after, limit)]
    return sorted(found, key=lambda item: UUID(item.id))[:limit]


OWNED = {"documents": published_documents}
