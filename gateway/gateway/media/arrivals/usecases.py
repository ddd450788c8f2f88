"""Taking in what one request brings: kept piece by piece, and with the last byte it becomes a photo."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from gateway.media.uploads import queries
from gateway.media.uploads.models import MediaUpload
from gateway.media.uploads.schemas import Checksum, ChecksumWrong
from gateway.media.uploads.usecases import KEPT, not_refused
from gateway.media.usecases import Upload, Workshop, keep_upload
from shared.clock import stopwatch
from shared.errors import Conflict, TooLarge, Unprocessable
from shared.ids import new_id

PIECE = 256 * 1_024
_COUNTED_SECONDS = 1.0
LONGEST_SECONDS = 600
"""One request may take this long: it is over when its sender's erasure is done (`shared.privacy.LATE`)."""


class OffsetWrong(Conflict):
    """The bytes do not begin where the kept ones end, or a newer request is sending them now."""

    code = "tus_offset_wrong"


class Arrival:
    """The bytes of one request on their way into an upload.

    Each full piece is stored, then counted in the row: what was counted survives a crash. What trickles in is
    counted once a second; a last piece that is not full is stored anew with what follows it. With a checksum
    nothing counts before all has come.
    """

    def __init__(self, shop: Workshop, upload: MediaUpload, checksum: Checksum | None, tail: bytes) -> None:
        self.upload, self._shop, self._checksum = upload, shop, checksum
        self._pieces: list[str] = upload.pieces[: upload.received // PIECE]
        self._tail = bytearray(tail)
        self._counted_at = stopwatch()

    @property
    def received(self) -> int:
        """How many bytes of the file are here, counted or not."""
        return len(self._pieces) * PIECE + len(self._tail)

    async def take(self, part: bytes) -> None:
        """Adds the next bytes. 413 beyond the announced length, 409 once a newer request is sending."""
        self._tail += part
        if self._checksum is not None:
            self._checksum.update(part)
        if self.received > self.upload.length:
            raise TooLarge(limit=self.upload.length)
        while len(self._tail) > PIECE:
            self._pieces.append(await self._stored(self._tail[:PIECE]))
            del self._tail[:PIECE]
            if self._checksum is None:
                await self._count(list(self._pieces), len(self._pieces) * PIECE)
        trickles = self._checksum is None and stopwatch() - self._counted_at > _COUNTED_SECONDS
        if trickles and self.received < self.upload.length:
            await self.keep()

    async def trusted(self, *, broke_off: bool) -> bool:
        """Whether what came may be counted: with a checksum only if all came and is right, else 460."""
        if self._checksum is None or (self._checksum.right and not broke_off):
            return True
        await self.forget()
        if broke_off:
            return False
        raise ChecksumWrong

    async def forget(self) -> None:
        """Removes what this request stored and nobody counted."""
        await self._discard(set(self._pieces) - set(self.upload.pieces))

    async def keep(self) -> None:
        """Stores and counts the rest, to be continued by another request."""
        if self.received > self.upload.received:
            await self._count([*self._pieces, await self._stored(self._tail)], self.received)

    async def whole(self) -> bytes:
        """The file, once all of it has come."""
        store, folder = self._shop.store, self.upload.folder
        parts = [await store.content(folder, name) for name in self._pieces]
        return b"".join([*parts, self._tail])

    async def _stored(self, content: bytearray) -> str:
        name = f"{len(self._pieces):02d}-{secrets.token_hex(8)}"
        await self._shop.store.put(self.upload.folder, {name: bytes(content)})
        return name

    async def _count(self, pieces: list[str], received: int) -> None:
        upload = self.upload
        moved = await _change(self._shop, upload, pieces=pieces, received=received)
        if not moved:
            await self._discard(set(pieces) - set(upload.pieces))
            raise OffsetWrong
        replaced = set(upload.pieces) - set(pieces)
        upload.pieces, upload.received = pieces, received
        self._counted_at = stopwatch()
        await self._discard(replaced)

    async def _discard(self, names: Iterable[str]) -> None:
        for name in names:
            await self._shop.store.discard(self.upload.folder, name)


async def go_on(
    shop: Workshop, upload_id: UUID, owner: str, offset: int, announced: int | None, *, now: datetime
) -> MediaUpload:
    """The upload, with this request alone writing to it; whichever wrote before has lost the right to.

    404 if it is not the owner's or its time is over, 409 if it stands at another offset, 413 if the
    `announced` bytes (None: not told) are too many, and the problem again by which it ended. Whoever sends
    the end of a complete one once more is answered as the first time: that answer may have been lost.
    """
    async with shop.database.transaction() as session:
        upload = await queries.of_owner(session, upload_id, owner, now, to_change=True)
        upload = not_refused(upload)
        untold = announced is None and offset <= upload.length
        if upload.media_id is not None and (untold or upload.length in (offset, offset + (announced or 0))):
            return upload
        if upload.received != offset:
            raise OffsetWrong
        if offset + (announced or 0) > upload.length:
            raise TooLarge(limit=upload.length)
        upload.writer = new_id()
    return upload


async def begin(shop: Workshop, upload: MediaUpload, checksum: Checksum | None) -> Arrival:
    """Reads the piece that is not full yet."""
    partial = upload.pieces[upload.received // PIECE :]
    tail = await shop.store.content(upload.folder, partial[0]) if partial else b""
    return Arrival(shop, upload, checksum, tail)


async def settle(shop: Workshop, arrival: Arrival, *, broke_off: bool, now: datetime) -> None:
    """Keeps what came; with the last byte it becomes a photo, by the same checks as one sent in one piece.

    Until that is done the last bytes do not count: whatever happens, sending them again leads to the photo.
    """
    if not await arrival.trusted(broke_off=broke_off):
        return
    upload = arrival.upload
    if arrival.received < upload.length:
        await arrival.keep()
        return
    with shop.place(upload.owner):
        if not await _change(shop, upload, writer=upload.writer):  # given up, or erased, while it came
            raise OffsetWrong
        content = await arrival.whole()
        sent = Upload(upload.owner, content, hashlib.sha256(content).digest(), upload.idempotency_key)
        try:
            media = await keep_upload(shop, sent, now=now)
        except Unprocessable as problem:
            await _end(shop, upload, now, refused=problem.code)
            raise
    await _end(shop, upload, now, media_id=media.id)


async def _change(shop: Workshop, upload: MediaUpload, **values: Any) -> bool:
    """Writes to the row, unless a newer request has taken over or the upload is gone."""
    mine = (MediaUpload.id == upload.id, MediaUpload.writer == upload.writer)
    async with shop.database.transaction() as session:
        changed = update(MediaUpload).where(*mine).values(values).returning(MediaUpload.id)
        return await session.scalar(changed) is not None


async def _end(shop: Workshop, upload: MediaUpload, now: datetime, **outcome: Any) -> None:
    """The upload is over; the answer can be repeated for another 24 hours."""
    over = {"received": upload.length, "pieces": [], "writer": None, "expires_at": now + KEPT, **outcome}
    if not await _change(shop, upload, **over):
        raise OffsetWrong
    for name, value in over.items():
        setattr(upload, name, value)
    await shop.store.remove(upload.folder)
