"""Storing a photo once, however often it is sent; keeping what belongs to something, discarding the rest."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media import queries
from gateway.media.client import MediaStore, new_folder
from gateway.media.images.client import Busy, Images, Photo
from gateway.media.models import Media
from gateway.media.rules import Places, is_guest
from gateway.media.uses.models import MediaUse
from gateway.media.uses.usecases import Missing
from shared.crypto import FieldCipher
from shared.db import Database
from shared.errors import IdempotencyKeyReused, NotFound, Unavailable
from shared.events.relay import KEPT as OUTBOX_KEPT
from shared.ids import new_id
from shared.media import RECEIPT_LIFETIME, Receipt
from shared.runtime import Runtime

#: A receipt used in its last minute finds its file, however long the news of it waited in an outbox.
UNATTACHED_KEPT = RECEIPT_LIFETIME + OUTBOX_KEPT + timedelta(days=1)
FORGOTTEN_AT_ONCE = 500
_DROPPED = "media_dropped"  # in session.info: folders whose rows this transaction deletes


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody sent, and who; `owner` is Caller.scope."""

    owner: str
    content: bytes
    sha256: bytes
    key: str | None = None


@dataclass(slots=True)
class Workshop:
    """What storing a photo takes; one per process.

    `receiving`: whole files of 12 MiB that stand in memory; `resuming`: requests that bring a part of one, of
    which 256 KiB stand in memory. `seconds` is how long a file in one piece may take to arrive.
    """

    database: Database
    store: MediaStore
    images: Images
    cipher: FieldCipher
    zone: ZoneInfo
    seconds: float
    receiving: Places = field(default_factory=lambda: Places(total=32, guests=16, each=6))
    resuming: Places = field(default_factory=lambda: Places(total=256, guests=128, each=6))

    def place(self, owner: str) -> AbstractContextManager[None]:
        """Room for a whole file; 503 `media_busy` if there is none."""
        return _place(self.receiving, owner)

    def place_for_part(self, owner: str) -> AbstractContextManager[None]:
        """Room for a part of a file; 503 `media_busy` if there is none."""
        return _place(self.resuming, owner)


@contextmanager
def _place(places: Places, owner: str) -> Iterator[None]:
    if not places.take(owner):
        raise Busy(retry_after=3)
    try:
        yield
    finally:
        places.leave(owner)


async def keep_upload(shop: Workshop, upload: Upload, *, now: datetime) -> Media:
    """Decodes, stores, then writes the row: a crash in between leaves files that the cleaner removes.

    No connection is held while the photo is decoded and stored. Sent again in 7 days it is the same upload.
    """
    async with shop.database.transaction() as session:
        known = await _sent_before(session, upload, now)
    if known is not None:
        return known
    photo = await shop.images.encode(upload.content, guest=is_guest(upload.owner))
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
    """The earlier upload, kept for another 15 days."""
    await one_at_a_time(session, upload.owner)
    used = await queries.with_key(session, upload.owner, upload.key, now)
    if used is not None and used.upload_sha256 != upload.sha256:
        raise IdempotencyKeyReused
    known = used or await queries.with_content(session, upload.owner, upload.sha256, now)
    if known is not None:
        known.kept_until = max(known.kept_until, now + UNATTACHED_KEPT)
    return known


async def one_at_a_time(session: AsyncSession, owner: str) -> None:
    """One owner's uploads pass here one after the other, until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 0))"), {"owner": owner})


async def keep_longer(session: AsyncSession, media_id: UUID, now: datetime) -> Media:
    """The photo, kept as long as a receipt given now; 404 if it is gone."""
    media = await queries.by_id(session, media_id)
    if media is None:
        raise NotFound
    media.kept_until = max(media.kept_until, now + UNATTACHED_KEPT)
    return media


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


async def forget_unattached(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Deletes rows of files nobody uses whose time is over; answers the folders to remove after it."""
    used = select(MediaUse).where(MediaUse.media_id == Media.id, MediaUse.used).exists()
    old = (
        select(Media.id)
        .where(Media.attached_at.is_(None), Media.kept_until < now, ~used)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    gone = delete(Media).where(Media.id.in_(old)).returning(Media.folder)
    return (await session.scalars(gone.execution_options(synchronize_session=False))).all()


async def let_go(session: AsyncSession, owner: str, *, now: datetime) -> None:
    """Somebody is gone: the time of her files is over; those in use stay until they are released.

    The cleaner takes them: news that one is used may be waiting, and it knows when none can be.
    """
    table = cast(Table, Media.__table__)
    hers = update(table).where(table.c.owner == owner, table.c.kept_until > now)
    await session.execute(hers.values(kept_until=now))


def drop(session: AsyncSession, folders: Iterable[str]) -> None:
    """Their files are removed after the commit; what a crash leaves behind is an orphan."""
    session.info.setdefault(_DROPPED, []).extend(folders)


async def _remove_dropped(store: MediaStore, info: dict[str, Any]) -> None:
    for folder in info.pop(_DROPPED, ()):
        try:
            await store.remove(folder)
        except Unavailable:  # logged by the store; the cleaner finds it as an orphan
            continue


def equip(run: Runtime, media_url: str, seconds: float) -> None:
    """The store and the decoder of this worker."""
    store, images = MediaStore(media_url), Images(run.metrics)
    run.parts[MediaStore] = store
    run.database.after_commit.append(partial(_remove_dropped, store))
    run.parts[Workshop] = Workshop(run.database, store, images, run.cipher, run.city.zone, seconds)
    run.parts[Missing] = Missing(run.metrics)
    run.closers.append(images.close)
