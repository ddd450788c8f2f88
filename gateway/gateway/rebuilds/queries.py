"""What providers own of the read models lies in the gateway's own tables."""

from collections.abc import Sequence

from sqlalchemy import collate, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.publications.models import ProviderDocument
from shared.contracts.snapshots import SnapshotItem

_SHOWN = ProviderDocument.shown & ProviderDocument.said.is_not(None)


async def providers(session: AsyncSession) -> Sequence[str]:
    """The codes of all that have published."""
    wanted = select(ProviderDocument.provider).distinct().order_by(ProviderDocument.provider)
    return (await session.scalars(wanted)).all()


async def documents(session: AsyncSession, provider: str, after: str, limit: int) -> list[SnapshotItem]:
    """What search should have of a provider, in the order of the ids."""
    at = collate(ProviderDocument.id, "C")
    wanted = select(ProviderDocument).where(ProviderDocument.provider == provider, _SHOWN, at > after)
    rows = await session.scalars(wanted.order_by(at).limit(limit))
    return [
        SnapshotItem(id=row.id, version=row.version, at=row.changed_at, data=row.said or {}) for row in rows
    ]
