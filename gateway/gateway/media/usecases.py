"""Storing a photo once, however often it is sent; keeping what belongs to something, discarding the rest."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media import queries
from gateway.media.client import MediaStore, new_folder
from gateway.media.images.client import Busy, Images, Photo
from gateway.media.models import Media
from shared import log
from shared.crypto import FieldCipher
from shared.db import Database
from shared.errors import IdempotencyKeyReused
from shared.events.relay import KEPT as OUTBOX_KEPT
from shared.ids import new_id
from shared.media import RECEIPT_LIFETIME, Receipt
from shared.runtime import Runtime

#: A receipt used in its last minute finds its file, however long the news of it waited in an outbox.
UNATTACHED_KEPT = RECEIPT_LIFETIME + OUTBOX_KEPT + timedelta(days=1)
_log = log.get(__name__)
_BATCH = 500
_RECEIVING = 32


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody sent, and who; `owner` is Caller.scope."""

    owner: str
    content: bytes
    sha256: bytes
    key: str | None = None


@dataclass(slots=True)
class Workshop:
    """What storing a photo takes; one per process. At most 32 bodies of 12 MiB stand in memory."""

    database: Database
    store: MediaStore
    images: Images
    cipher: FieldCipher
    zone: ZoneInfo
    receiving: int = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Room for one body; 503 `media_busy` if there is none."""
        if self.receiving >= _RECEIVING:
            raise Busy(retry_after=3)
        self.receiving += 1
        try:
            yield
        finally:
            self.receiving -= 1


async def keep_upload(shop: Workshop, upload: Upload, *, now: datetime) -> Media:
    """Decodes, stores, then writes the row: a crash in between leaves files that the cleaner removes.

    No connection is held while the photo is decoded and stored. Sent again in 7 days it is the same upload.
    """
    async with shop.database.transaction() as session:
        known = await _sent_before(session, upload, now)
    if known is not None:
        return known
    photo = await shop.images.encode(upload.content)
    media = await asyncio.to_thread(_described, upload, photo, shop, now)
    await shop.store.put(media.folder, {f"{n}.jpg": p.content for n, p in photo.variants.items()})
    async with shop.database.transaction() as session:
        known = await _sent_before(session, upload, now)
        if known is None:
            session.add(media)
    if known is not None:  # the same file came twice at once, and the other one was first
        await shop.store.remove(media.folder)
    return known or media


async def _sent_before(session: AsyncSession, upload: Upload, now: datetime) -> Media | None:
    """The earlier upload, kept for another 15 days; one owner's uploads pass here one after the other."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 0))"), {"owner": upload.owner}
    )
    used = await queries.with_key(session, upload.owner, upload.key, now)
    if used is not None and used.upload_sha256 != upload.sha256:
        raise IdempotencyKeyReused
    known = used or await queries.with_content(session, upload.owner, upload.sha256, now)
    if known is not None:
        known.kept_until = max(known.kept_until, now + UNATTACHED_KEPT)
    return known


def _described(upload: Upload, photo: Photo, shop: Workshop, now: datetime) -> Media:
    media_id = new_id()
    full = photo.variants["full"]
    media = Media(
        id=media_id,
        owner=upload.owner,
        upload_sha256=upload.sha256,
        idempotency_key=upload.key,
        folder=new_folder(),
        sha256=hashlib.sha256(full.content).hexdigest(),
        type="image/jpeg",
        size=len(full.content),
        variants={
            name: {
                "size": len(picture.content),
                "width": picture.width,
                "height": picture.height,
                "sha256": hashlib.sha256(picture.content).hexdigest(),
            }
            for name, picture in photo.variants.items()
        },
        stored_at=now,
        kept_until=now + UNATTACHED_KEPT,
    )
    media.evidence = _sealed_evidence(media, photo, shop)
    return media


def _sealed_evidence(media: Media, photo: Photo, shop: Workshop) -> bytes | None:
    """Time (in the city's zone if the camera stated no offset) and place, encrypted; None without either."""
    facts: dict[str, str | float] = {}
    if photo.captured_at is not None:
        moment = datetime.fromisoformat(photo.captured_at)
        facts["captured_at"] = (moment if moment.tzinfo else moment.replace(tzinfo=shop.zone)).isoformat()
    if photo.captured_point is not None:
        facts["captured_lat"], facts["captured_lon"] = photo.captured_point
    return shop.cipher.encrypt(json.dumps(facts), media.evidence_place) if facts else None


def receipt(media: Media, cipher: FieldCipher) -> Receipt:
    """What the gateway vouches for."""
    facts = {} if media.evidence is None else json.loads(cipher.decrypt(media.evidence, media.evidence_place))
    return Receipt(
        media_id=media.id,
        owner=media.owner,
        sha256=media.sha256,
        type=media.type,
        size=media.size,
        stored_at=media.stored_at,
        **facts,
    )


async def attach(session: AsyncSession, media_ids: Iterable[UUID], *, now: datetime) -> None:
    """These files belong to something now, and stay."""
    wanted = set(media_ids)
    first = func.coalesce(Media.attached_at, now)
    found = await session.scalars(
        update(Media).where(Media.id.in_(wanted)).values(attached_at=first).returning(Media.id)
    )
    missing = wanted - set(found)
    if missing:
        _log.warning("attached_media_gone", count=len(missing))


async def forget_unattached(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Deletes rows of files that belong to nothing after 15 days; answers the folders to remove after it."""
    old = (
        select(Media.id)
        .where(Media.attached_at.is_(None), Media.kept_until < now)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    gone = delete(Media).where(Media.id.in_(old)).returning(Media.folder)
    return (await session.scalars(gone.execution_options(synchronize_session=False))).all()


def equip(run: Runtime, media_url: str) -> None:
    """The store and the decoder of this worker."""
    store, images = MediaStore(media_url), Images(run.metrics)
    run.parts[MediaStore] = store
    run.parts[Workshop] = Workshop(run.database, store, images, run.cipher, run.city.zone)
    run.closers.append(images.close)
