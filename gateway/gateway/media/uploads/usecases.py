"""A photo that arrives in several goes: begun, asked for, given up, forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media.client import new_folder
from gateway.media.images.client import BrokenImage, NotAnImage, TooHeavy, TooManyPixels
from gateway.media.models import Media
from gateway.media.uploads import queries
from gateway.media.uploads.models import MediaUpload
from gateway.media.usecases import Workshop, drop, keep_longer, one_at_a_time
from shared.crypto import FieldCipher
from shared.errors import IdempotencyKeyReused, NotFound, Problem
from shared.ids import new_id
from shared.tables import FORGOTTEN_AT_ONCE

KEPT = timedelta(hours=24)
_OPEN = 16
_REFUSALS: dict[str, type[Problem]] = {
    kind.code: kind for kind in (BrokenImage, NotAnImage, TooHeavy, TooManyPixels, IdempotencyKeyReused)
}


async def create(
    shop: Workshop, owner: str, *, length: int, metadata: str | None, key: str | None, now: datetime
) -> MediaUpload:
    """A place for a file of `length` bytes, for 24 hours; the same one for the same Idempotency-Key.

    Of more than 16 open ones the owner's oldest gives way. 422 for a key that was used for something else.
    """
    async with shop.database.transaction() as session:
        await one_at_a_time(session, owner)
        known = await queries.with_key(session, owner, key)
        if known is not None and known.expires_at > now:
            return _the_same(shop.cipher, known, length, metadata)
        await _make_room(session, owner, known)
        upload = _new(shop.cipher, owner, length, metadata, key, now)
        session.add(upload)
    return upload


async def look(
    session: AsyncSession, upload_id: UUID, owner: str, *, now: datetime
) -> tuple[MediaUpload, Media | None]:
    """How far it is, with the photo once it is complete; 404, or the problem by which it ended."""
    upload = not_refused(await queries.of_owner(session, upload_id, owner, now))
    if upload.media_id is None:
        return upload, None
    return upload, await keep_longer(session, upload.media_id, now)


async def terminate(shop: Workshop, upload_id: UUID, owner: str, *, now: datetime) -> None:
    """Forgets the upload and the bytes that came, not the photo it may have become. 404 if there is none."""
    async with shop.database.transaction() as session:
        upload = await queries.of_owner(session, upload_id, owner, now, to_change=True)
        if upload is None:
            raise NotFound
        await session.delete(upload)
        drop(session, [upload.folder])


async def forget_expired(session: AsyncSession, now: datetime) -> int:
    """Deletes what its time is over of, a bounded batch; answers how many."""
    old = select(MediaUpload.id).where(MediaUpload.expires_at <= now).limit(FORGOTTEN_AT_ONCE)
    return await _delete(session, MediaUpload.id.in_(old.with_for_update(skip_locked=True)))


async def forget_owner(session: AsyncSession, owner: str) -> int:
    """Deletes what somebody has begun to send; answers how many."""
    return await _delete(session, MediaUpload.owner == owner)


def metadata_of(upload: MediaUpload, cipher: FieldCipher) -> str | None:
    """Upload-Metadata as it was sent."""
    sealed = upload.sealed_metadata
    return None if sealed is None else cipher.text(sealed, upload.metadata_place)


def not_refused(upload: MediaUpload | None) -> MediaUpload:
    """The upload; 404 without one, or the problem again by which it ended."""
    if upload is None:
        raise NotFound
    if upload.refused is not None:
        raise _REFUSALS[upload.refused]
    return upload


def _the_same(cipher: FieldCipher, known: MediaUpload, length: int, metadata: str | None) -> MediaUpload:
    if (known.length, metadata_of(known, cipher)) != (length, metadata):
        raise IdempotencyKeyReused
    return not_refused(known)


async def _make_room(session: AsyncSession, owner: str, expired: MediaUpload | None) -> None:
    """Deletes the owner's oldest open uploads, and the `expired` one."""
    mine = select(MediaUpload).where(
        MediaUpload.owner == owner, MediaUpload.media_id.is_(None), MediaUpload.refused.is_(None)
    )
    gone = list(await session.scalars(mine.order_by(MediaUpload.id.desc()).offset(_OPEN - 1)))
    if expired is not None and expired not in gone:
        gone.append(expired)
    for upload in gone:
        await session.delete(upload)
    await session.flush()
    drop(session, [upload.folder for upload in gone])


async def _delete(session: AsyncSession, which: ColumnElement[bool]) -> int:
    gone = delete(MediaUpload).where(which).returning(MediaUpload.folder)
    folders = (await session.scalars(gone.execution_options(synchronize_session=False))).all()
    drop(session, folders)
    return len(folders)


def _new(
    cipher: FieldCipher, owner: str, length: int, metadata: str | None, key: str | None, now: datetime
) -> MediaUpload:
    upload = MediaUpload(
        id=new_id(),
        owner=owner,
        idempotency_key=key,
        length=length,
        folder=new_folder(),
        pieces=[],
        received=0,
        expires_at=now + KEPT,
    )
    upload.sealed_metadata = None if metadata is None else cipher.encrypt(metadata, upload.metadata_place)
    return upload
