"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media.models import Media

SAME_FILE = timedelta(days=7)
SAME_KEY = timedelta(hours=24)


async def with_key(session: AsyncSession, owner: str, key: str | None, now: datetime) -> Media | None:
    """The upload that used this Idempotency-Key within 24 hours."""
    if key is None:
        return None
    same = (Media.owner == owner, Media.idempotency_key == key, Media.stored_at > now - SAME_KEY)
    return await session.scalar(select(Media).where(*same).limit(1))


async def with_content(
    session: AsyncSession, owner: str, upload_sha256: bytes, now: datetime
) -> Media | None:
    """The owner's newest upload of exactly these bytes within 7 days."""
    same = (Media.owner == owner, Media.upload_sha256 == upload_sha256, Media.stored_at > now - SAME_FILE)
    return await session.scalar(select(Media).where(*same).order_by(Media.stored_at.desc()).limit(1))


async def by_id(session: AsyncSession, media_id: UUID) -> Media | None:
    """One upload."""
    return await session.get(Media, media_id)


async def known_folders(session: AsyncSession, folders: Sequence[str]) -> set[str]:
    """Which of the store's folders belong to an upload."""
    return set(await session.scalars(select(Media.folder).where(Media.folder.in_(folders))))
