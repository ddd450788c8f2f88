"""Taking in what a source says, telling it to readers, and forgetting it after 90 days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending
from shared.contracts.city import TagsPurgedV1
from shared.contracts.snapshots import SnapshotItem
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE
from svc_news.collected import documents, queries
from svc_news.collected.documents import KEPT, TAG
from svc_news.collected.models import CollectedItem
from svc_news.collected.queries import Filters
from svc_news.collected.rules import Item, likeness, nearby_marks, same_story, story_marks, story_words
from svc_news.sources.models import Source
from svc_news.sources.rules import Kind

_SEEN_EVERY = timedelta(days=1)
_UNSEEN_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Story:
    """A row of the list, and who else told it."""

    row: Row[Any]
    also: Sequence[Row[Any]]


async def take_in(session: AsyncSession, source: Source, items: Sequence[Item], now: datetime) -> int:
    """Keeps what is new and mends what was changed, under the source's lock; how many were new.

    Twice the same is once. What the feed no longer lists stays; what is older than 90 days is not taken.
    """
    known = await queries.by_keys(session, source.id, [item.key for item in items])
    changed = [known[item.key] for item in items if item.key in known and _mend(known[item.key], item, now)]
    fresh = [item for item in items if item.key not in known and _recent(item, now)]
    added = [_made(source, item, now) for item in fresh]
    if added:
        await _join_stories(session, source, added)
        pending.add_rows(session, added)
    await _tell(session, source, [*added, *changed], now)
    return len(added)


async def stories(
    session: AsyncSession, run: Runtime, filters: Filters, limit: int, cursor: str | None
) -> tuple[list[Story], str | None]:
    """One page, newest first: two statements however long it is."""
    rows, following = await queries.page(session, filters, run.clock.now() - KEPT, limit, cursor)
    also: Mapping[UUID, Sequence[Row[Any]]] = await queries.also_at(session, rows) if rows else {}
    return [Story(row, also[row.cluster_id]) for row in rows], following


async def published_documents(
    session: AsyncSession, run: Runtime, after: UUID | None, limit: int
) -> list[SnapshotItem]:
    """DocumentPublishedV1 of every item of an agency."""
    rows = await queries.documents(session, after, limit)
    return [
        SnapshotItem(
            id=str(item.id),
            version=item.version,
            at=item.changed_at,
            data=documents.published(item, district).model_dump(mode="json"),
        )
        for item, district in rows
    ]


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes what is older than 90 days, undated items once their feed is rid of them; stories go on."""
    await queries.stand_in_line(session)
    given = {"old": now - KEPT, "unseen": now - _UNSEEN_FOR, "limit": FORGOTTEN_AT_ONCE}
    gone = (await session.execute(_FORGET, given)).all()
    for row in gone:
        if row.document:
            said = documents.withdrawn(row.id)
            await emit(session, said, entity_id=str(row.id), entity_version=row.version + 1, now=now)
    heads = [row.id for row in gone if row.id == row.cluster_id]
    if heads:
        await session.execute(_NEXT_HEADS, {"gone": heads})
    return len(gone)


def _recent(item: Item, now: datetime) -> bool:
    return item.published_at is None or item.published_at > now - KEPT


def _made(source: Source, item: Item, now: datetime) -> CollectedItem:
    item_id, words = new_id(), story_words(item.title)
    return CollectedItem(
        id=item_id,
        source_id=source.id,
        key=item.key,
        version=1,
        cluster_id=item_id,
        title=item.title,
        excerpt=item.excerpt,
        link=item.link,
        words=words,
        marks=story_marks(words, item.published_at or now),
        digest=item.digest,
        document=source.kind == Kind.AGENCY,
        dated=item.published_at is not None,
        published_at=item.published_at or now,
        changed_at=now,
        last_seen_at=now,
    )


def _mend(held: CollectedItem, item: Item, now: datetime) -> bool:
    """Says now what the feed says now; its date and its story stay. Whether anything was different."""
    if held.last_seen_at <= now - _SEEN_EVERY:
        held.last_seen_at = now
    if held.digest == item.digest:
        return False
    held.title, held.excerpt, held.link, held.digest = item.title, item.excerpt, item.link, item.digest
    held.words, held.changed_at, held.version = story_words(item.title), now, held.version + 1
    held.marks = story_marks(held.words, held.published_at)
    return True


async def _join_stories(session: AsyncSession, source: Source, added: Sequence[CollectedItem]) -> None:
    """Each new item joins the most alike story that others told; a story takes one item of a source."""
    marks = [nearby_marks(item.words, item.published_at) for item in added]
    likely: dict[int, list[Row[Any]]] = {}
    for head in await queries.likely_heads(session, source.id, marks):
        likely.setdefault(head.position - 1, []).append(head)
    taken: set[UUID] = set()
    for n, heads in likely.items():
        item = added[n]
        alike = [h for h in heads if h.id not in taken and _same(item, h)]
        if alike:
            item.cluster_id = max(alike, key=lambda h: likeness(item.words, h.words)).id
            taken.add(item.cluster_id)


def _same(item: CollectedItem, head: Row[Any]) -> bool:
    return same_story(item.words, head.words, item.published_at, head.published_at)


async def _tell(session: AsyncSession, source: Source, told: Sequence[CollectedItem], now: datetime) -> None:
    for item in told:
        if item.document:
            said = documents.published(item, source.district)
            await emit(session, said, entity_id=str(item.id), entity_version=item.version, now=now)
    if told:
        source.told += 1
        purged = TagsPurgedV1(tags=(TAG,))
        await emit(session, purged, entity_id=str(source.id), entity_version=source.told, now=now)


_FORGET = text("""
DELETE FROM collected_items WHERE id IN (
    SELECT id FROM collected_items
    WHERE published_at < :old AND (dated OR last_seen_at < :unseen)
    ORDER BY published_at LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING id, cluster_id, document, version
""")
_NEXT_HEADS = text("""
UPDATE collected_items AS item SET cluster_id = head.id
FROM (
    SELECT DISTINCT ON (cluster_id) cluster_id, id FROM collected_items
    WHERE cluster_id = ANY(:gone) ORDER BY cluster_id, id
) AS head
WHERE item.cluster_id = head.cluster_id
""")
