"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media.uploads.models import MediaUpload


async def of_owner(
    session: AsyncSession, upload_id: UUID, owner: str, now: datetime, *, to_change: bool = False
) -> MediaUpload | None:
    """The owner's upload, unless its time is over; `to_change` locks the row."""
    wanted = select(MediaUpload).where(
        MediaUpload.id == upload_id, MediaUpload.owner == owner, MediaUpload.expires_at > now
    )
    return await session.scalar(wanted.with_for_update() if to_change else wanted)


async def with_key(session: AsyncSession, owner: str, key: str | None) -> MediaUpload | None:
    """The owner's upload that was begun with this Idempotency-Key."""
    if key is None:
        return None
    same = (MediaUpload.owner == owner, MediaUpload.idempotency_key == key)
    return await session.scalar(select(MediaUpload).where(*same))


async def known_folders(session: AsyncSession, folders: Sequence[str]) -> set[str]:
    """Which of the store's folders belong to an upload that is not over."""
    return set(await session.scalars(select(MediaUpload.folder).where(MediaUpload.folder.in_(folders))))
