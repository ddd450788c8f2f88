"""What services say of the photos they use. Nothing is deleted here: what nobody uses the cleaner takes."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import log
from shared.metrics import Metrics

_log = log.get(__name__)


class Word(NamedTuple):
    """Which service said it, by which event."""

    publisher: str
    event_id: UUID


class Missing:
    """Counts photos that a service uses and nobody has: evidence is lost, and somebody must know."""

    def __init__(self, metrics: Metrics) -> None:
        self._lost = metrics.counter("city_media_missing", "Used by a service, and gone", "publisher")

    def note(self, by: Word, count: int) -> None:
        """So many of one event."""
        self._lost.labels(by.publisher).inc(count)
        _log.error("attached_media_gone", publisher=by.publisher, event_id=str(by.event_id), count=count)


async def attach(session: AsyncSession, media_ids: Iterable[UUID], by: Word, *, now: datetime) -> int:
    """The service uses these files, which stay therefore; answers how many of them there are not."""
    said = {"ids": list(set(media_ids)), "publisher": by.publisher, "event": by.event_id, "now": now}
    return await session.scalar(_ATTACH, said) or 0


async def release(session: AsyncSession, media_ids: Iterable[UUID], by: Word) -> None:
    """The service needs them no longer; whoever else uses them keeps them.

    Locked by a statement of its own: the next one then sees every use that was told meanwhile.
    """
    ids = list(set(media_ids))
    await session.execute(_LOCK, {"ids": ids})
    await session.execute(_RELEASE, {"ids": ids, "publisher": by.publisher, "event": by.event_id})


_IDS, _EVENT = bindparam("ids", type_=ARRAY(Uuid())), bindparam("event", type_=Uuid())
_ATTACH = text("""
WITH said AS (SELECT unnest(CAST(:ids AS uuid[])) AS id),
used AS (
    INSERT INTO media_uses (media_id, publisher, used, told_by)
    SELECT media.id, :publisher, true, :event FROM said JOIN media ON media.id = said.id
    ON CONFLICT (media_id, publisher) DO UPDATE SET used = true, told_by = excluded.told_by
    WHERE media_uses.told_by < excluded.told_by
    RETURNING media_id
),
kept AS (
    UPDATE media SET attached_at = coalesce(attached_at, :now) FROM used WHERE media.id = used.media_id
)
SELECT count(*) FROM said WHERE NOT EXISTS (SELECT FROM media WHERE media.id = said.id)
""").bindparams(_IDS, _EVENT, bindparam("now", type_=DateTime(timezone=True)))
_LOCK = text("SELECT FROM media WHERE id = ANY(:ids) ORDER BY id FOR UPDATE").bindparams(_IDS)
_RELEASE = text("""
WITH released AS (
    INSERT INTO media_uses (media_id, publisher, used, told_by)
    SELECT media.id, :publisher, false, :event FROM media WHERE media.id = ANY(:ids)
    ON CONFLICT (media_id, publisher) DO UPDATE SET used = false, told_by = excluded.told_by
    WHERE media_uses.told_by < excluded.told_by
    RETURNING media_id, publisher
)
UPDATE media SET attached_at = NULL FROM released
WHERE media.id = released.media_id AND NOT EXISTS (
    SELECT FROM media_uses AS other
    WHERE other.media_id = media.id AND other.publisher <> released.publisher AND other.used
)
""").bindparams(_IDS, _EVENT)
