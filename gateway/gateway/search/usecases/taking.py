"""Keeping what services and providers publish: the newer version wins, whatever comes last."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.search.models import SearchDocument, SearchWord
from gateway.search.rules import keys, words
from gateway.search.rules.pages import KEPT
from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from shared.contracts.snapshots import SnapshotItem
from shared.events.event import Envelope
from shared.tables import FORGOTTEN_AT_ONCE

_LONGEST_TITLE, _LONGEST_SUMMARY = 300, 1_000
_LOCK = 825_009
_TABLE = cast(Table, SearchDocument.__table__)
_WORDS = cast(Table, SearchWord.__table__)
_NOT_SAID = ("no", "vector")


class ForeignKind(ValueError):
    """Somebody speaks of a kind of document that is not its own: kinds begin with their publisher's name."""


async def take(session: AsyncSession, event: Envelope, *, now: datetime) -> bool:
    """Keeps what an event tells; False if a newer version is known. ForeignKind: to the dead letters."""
    if event.name == DocumentPublishedV1.name:
        published = DocumentPublishedV1.model_validate(event.data)
        return await publish(session, event.publisher, published, event.entityversion, now=now)
    said = DocumentWithdrawnV1.model_validate(event.data)
    return await withdraw(session, event.publisher, said.kind, said.id, event.entityversion, now=now)


async def publish(
    session: AsyncSession, publisher: str, said: DocumentPublishedV1, version: int, *, now: datetime
) -> bool:
    """Keeps a document; False if this version or a newer one is known. ForeignKind as said there."""
    row = _row(publisher, said, version)
    await _in_turn(session)
    taken = insert(_TABLE).values(row)
    if not await _taken(session, taken, _TABLE.c.version < taken.excluded.version):
        return False
    await _learn(session, [row], now)
    return True


async def withdraw(
    session: AsyncSession, publisher: str, kind: str, doc_id: str, version: int, *, now: datetime
) -> bool:
    """Marks a document as gone; False if this version or a newer one is known.

    A row without facts where none is known: a late publication must not bring it back.
    """
    row = _nothing(publisher, kind, doc_id, version, now)
    await _in_turn(session)
    taken = insert(_TABLE).values(row)
    return await _taken(session, taken, _TABLE.c.version < taken.excluded.version) > 0


async def withdraw_all(
    session: AsyncSession, publisher: str, gone: Sequence[tuple[str, str, int]], *, now: datetime
) -> int:
    """The same for many (kind, id, version) in one statement; how many it marked."""
    if not gone:
        return 0
    rows = [_nothing(publisher, kind, doc_id, version, now) for kind, doc_id, version in gone]
    await _in_turn(session)
    taken = insert(_TABLE).values(rows)
    return await _taken(session, taken, _TABLE.c.version < taken.excluded.version)


async def take_snapshots(session: AsyncSession, publisher: str, items: Sequence[SnapshotItem]) -> int:
    """Takes what an owner says of its documents where it is newer or differs. How many it wrote.

    ForeignKind, or a ValidationError: nothing is taken.
    """
    rows = [_row(publisher, _of_item(item), item.version) for item in items]
    if not rows:
        return 0
    await _in_turn(session)
    taken = insert(_TABLE).values(rows)
    facts = [column for column in _TABLE.c if not column.primary_key and column.name not in _NOT_SAID]
    other = tuple_(*facts).is_distinct_from(tuple_(*(taken.excluded[column.name] for column in facts)))
    better = or_(
        _TABLE.c.version < taken.excluded.version, (_TABLE.c.version == taken.excluded.version) & other
    )
    written = await _taken(session, taken, better)
    await _learn(session, rows, items[-1].at)
    return written


async def drop(session: AsyncSession, rows: Sequence[tuple[str, str, int]]) -> int:
    """Removes (kind, id, version), each unless it has changed meanwhile. How many went."""
    if not rows:
        return 0
    await _in_turn(session)
    key = tuple_(SearchDocument.kind, SearchDocument.id, SearchDocument.version)
    went = delete(SearchDocument).where(key.in_(rows), SearchDocument.gone_at.is_(None))
    return cast(CursorResult[Any], await session.execute(went)).rowcount


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes what has been withdrawn or expired for 40 days, a batch; answers how many."""
    key = tuple_(SearchDocument.kind, SearchDocument.id)
    old = select(SearchDocument.kind, SearchDocument.id).where(SearchDocument.forget_at < now)
    gone = await session.execute(delete(SearchDocument).where(key.in_(old.limit(FORGOTTEN_AT_ONCE))))
    return cast(CursorResult[Any], gone).rowcount


async def forget_words(session: AsyncSession, now: datetime) -> int:
    """Deletes words that no document has any more: a hundred at a time are looked at, each once a week."""
    await _in_turn(session)
    await session.execute(_UNUSED, {"now": now, "before": now - timedelta(days=7)})
    return 0


_UNUSED = text("""
WITH due AS MATERIALIZED (
  SELECT word FROM search_words WHERE checked_at < :before ORDER BY checked_at LIMIT 100
), used AS MATERIALIZED (
  SELECT word FROM due WHERE EXISTS (
    SELECT FROM search_documents
    WHERE gone_at IS NULL AND vector @@ websearch_to_tsquery('simple', '"' || due.word || '"'))
), seen AS (
  UPDATE search_words SET checked_at = :now WHERE word IN (SELECT word FROM used)
)
DELETE FROM search_words WHERE word IN (SELECT word FROM due EXCEPT SELECT word FROM used)
""")


async def _in_turn(session: AsyncSession) -> None:
    """Writers of these tables go one after the other: their words meet in many rows, in any order."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _taken(session: AsyncSession, taken: Any, better: Any) -> int:
    said = [column.name for column in _TABLE.c if column.name not in ("kind", "id", *_NOT_SAID)]
    changed = {name: taken.excluded[name] for name in said}
    upsert = taken.on_conflict_do_update(constraint=_TABLE.primary_key, set_=changed, where=better)
    return len((await session.execute(upsert.returning(_TABLE.c.id))).all())


async def _learn(session: AsyncSession, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    known = sorted({word for row in rows for word in words.learned(row["plain"])})
    if known:
        new = insert(_WORDS).values([{"word": word, "checked_at": now} for word in known])
        await session.execute(new.on_conflict_do_nothing())


def _of_item(item: SnapshotItem) -> DocumentPublishedV1:
    said = DocumentPublishedV1.model_validate(item.data)
    if said.id != item.id:
        raise ValueError("a snapshot's document has another id than its item")
    return said


def _type(publisher: str, kind: str) -> str:
    """What the public calls a kind: what follows its publisher's name."""
    name = kind.removeprefix(f"{publisher}_")
    if name in (kind, ""):
        raise ForeignKind(f"{publisher} speaks of {kind!r}: its kinds begin with {publisher}_")
    return name


def _row(publisher: str, said: DocumentPublishedV1, version: int) -> dict[str, Any]:
    type_name = _type(publisher, said.kind)
    title = _clipped(said.title, _LONGEST_TITLE)
    summary = _clipped(said.summary, _LONGEST_SUMMARY)
    point = (said.point.lat, said.point.lon) if said.point else None
    return {
        "kind": said.kind,
        "id": said.id,
        "publisher": publisher,
        "type": type_name,
        "version": version,
        "title": title,
        "summary": summary,
        "lat": point and point[0],
        "lon": point and point[1],
        "area": said.area,
        "url": said.url,
        "source": said.source,
        "published_at": said.published_at,
        "expires_at": said.expires_at,
        "starts_at": said.starts_at,
        "ends_at": said.ends_at,
        "gone_at": None,
        "forget_at": said.expires_at and said.expires_at + KEPT,
        "keys": keys.keys_of(type_name, said.area, point, said.published_at),
        "plain": words.plain_texts(title, summary),
    }


def _nothing(publisher: str, kind: str, doc_id: str, version: int, now: datetime) -> dict[str, Any]:
    """What is kept of a document that is gone: its version."""
    return {
        "kind": kind, "id": doc_id, "publisher": publisher, "type": _type(publisher, kind),
        "version": version, "title": {}, "summary": {}, "lat": None, "lon": None, "area": None,
        "url": "", "source": None, "published_at": now, "expires_at": None, "starts_at": None,
        "ends_at": None, "gone_at": now, "forget_at": now + KEPT, "keys": [],
        "plain": words.plain_texts({}, {}),
    }  # fmt: skip


def _clipped(texts: Mapping[Any, str], most: int) -> dict[str, str]:
    return {each: said if len(said) <= most else f"{said[: most - 1]}…" for each, said in texts.items()}
