"""Reads of collected items: what is known of a feed's keys, who may tell the same story, lists by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    literal,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shared import paging
from shared.errors import BadCursor
from svc_news.collected.models import CollectedItem
from svc_news.sources.models import Source

_MOST_ALSO = 20
_MOST_SOURCES = 500
Found = tuple[Sequence[Row[Any]], str | None]
"""The rows of one page and the cursor of the next."""
_SHOWN: tuple[Any, ...] = (
    CollectedItem.id,
    CollectedItem.cluster_id,
    CollectedItem.title,
    CollectedItem.excerpt,
    CollectedItem.link,
    CollectedItem.published_at,
    CollectedItem.dated,
    Source.code,
    Source.name,
    Source.kind,
    Source.attribution,
    Source.home_url,
    Source.district,
    Source.tags,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to: one source, or those of a district or with a tag."""

    source: str | None = None
    district: str | None = None
    tag: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """On the sources, as SQL."""
        wanted = []
        if self.source is not None:
            wanted.append(Source.code == self.source)
        if self.district is not None:
            wanted.append(Source.district == self.district)
        if self.tag is not None:
            wanted.append(Source.tags.contains([self.tag]))
        return wanted


async def by_keys(session: AsyncSession, source_id: UUID, keys: Sequence[str]) -> dict[str, CollectedItem]:
    """What is kept of these keys of one source."""
    where = CollectedItem.source_id == source_id, CollectedItem.key.in_(keys)
    return {item.key: item for item in await session.scalars(select(CollectedItem).where(*where))}


async def likely_heads(
    session: AsyncSession, source_id: UUID, marks: Sequence[Sequence[str]]
) -> Sequence[Row[Any]]:
    """For each new item (`position` from 1) up to 100 stories of others with one of its marks, newest first.

    Only stories that this source has not told yet. Whoever asks is alone until the transaction ends.
    """
    await stand_in_line(session)
    given = {"source_id": source_id, "marks": [" ".join(each) for each in marks]}
    return (await session.execute(_LIKELY, given)).all()


async def stand_in_line(session: AsyncSession) -> None:
    """Until the transaction ends nobody else joins stories or ends one: each sees what the other did."""
    await session.execute(_ONE_AT_A_TIME)


async def page(
    session: AsyncSession, filters: Filters, since: datetime, limit: int, cursor: str | None
) -> Found:
    """Stories newest first, each by the first that told it; narrowed, by the first among those sources."""
    bound = {"list": "collected", "filters": filters}
    item: Any = CollectedItem
    before = tuple_(item.published_at, item.id) < tuple_(*_position(cursor, bound)) if cursor else None
    wanted = filters.conditions()
    ids = _of_sources(wanted, since, before, limit) if wanted else _of_all(since, before, limit)
    picked = ids.subquery()
    statement = (
        select(*_SHOWN)
        .join(picked, picked.c.id == item.id)
        .join(Source, Source.id == item.source_id)
        .order_by(item.published_at.desc(), item.id.desc())
        .limit(limit + 1)
    )
    rows = (await session.execute(statement)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((last.published_at.isoformat(), last.id), bound)


async def also_at(session: AsyncSession, rows: Sequence[Row[Any]]) -> dict[UUID, list[Row[Any]]]:
    """For each story of a page who else told it, in the order they did; 20 at most."""
    shown = {row.cluster_id: row.id for row in rows}
    item = CollectedItem
    columns = item.cluster_id, item.id, item.title, item.link, item.published_at, Source.code, Source.name
    ids = (literal(list(part), ARRAY(Uuid)) for part in (shown, shown.values()))
    story = func.unnest(*ids).table_valued(column("id", Uuid), column("shown", Uuid)).render_derived("story")
    each = (
        select(*columns)
        .join(Source, Source.id == item.source_id)
        .where(item.cluster_id == story.c.id, item.id != story.c.shown)
        .order_by(item.id)
        .limit(_MOST_ALSO)
        .correlate(story)
        .lateral()
    )
    found: dict[UUID, list[Row[Any]]] = {cluster_id: [] for cluster_id in shown}
    for row in await session.execute(select(each).select_from(story, each)):
        found[row.cluster_id].append(row)
    return found


async def documents(
    session: AsyncSession, after: UUID | None, limit: int
) -> Sequence[tuple[CollectedItem, str | None]]:
    """Agencies' items in the order of their ids, each with its source's district."""
    beyond = [CollectedItem.id > after] if after is not None else []
    statement = (
        select(CollectedItem, Source.district)
        .join(Source, Source.id == CollectedItem.source_id)
        .where(CollectedItem.document == true(), *beyond)
        .order_by(CollectedItem.id)
        .limit(limit)
    )
    return [(item, district) for item, district in await session.execute(statement)]


def _of_all(since: datetime, before: ColumnElement[bool] | None, limit: int) -> Select[Any]:
    item: Any = CollectedItem
    statement = select(item.id).where(item.id == item.cluster_id, item.published_at >= since)
    if before is not None:
        statement = statement.where(before)
    return statement.order_by(item.published_at.desc(), item.id.desc()).limit(limit + 1)


def _of_sources(
    wanted: list[ColumnElement[bool]], since: datetime, before: ColumnElement[bool] | None, limit: int
) -> Select[Any]:
    """The newest of each source from its own index; nothing that another of them told first."""
    item: Any = CollectedItem
    sources = select(Source.id).where(*wanted).order_by(Source.code).limit(_MOST_SOURCES).cte("wanted")
    earlier = aliased(CollectedItem)
    told = exists().where(
        earlier.cluster_id == item.cluster_id,
        earlier.id < item.id,
        earlier.source_id.in_(select(sources.c.id)),
    )
    each = select(item.id, item.published_at).where(
        item.source_id == sources.c.id, item.published_at >= since, ~told
    )
    if before is not None:
        each = each.where(before)
    newest = (
        each.order_by(item.published_at.desc(), item.id.desc()).limit(limit + 1).correlate(sources).lateral()
    )
    ordered = select(newest.c.id).select_from(sources.join(newest, literal(True)))
    return ordered.order_by(newest.c.published_at.desc(), newest.c.id.desc()).limit(limit + 1)


def _position(cursor: str, bound: dict[str, Any]) -> tuple[datetime, UUID]:
    moment, item_id = paging.decode(cursor, bound, 2)
    try:
        return paging.moment(moment), UUID(item_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error


#: Two sources that tell the same story at once must see each other, and nobody may join a head that goes.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('collected_stories', 0))")
_LIKELY = text("""
SELECT new.position, head.id, head.words, head.published_at
FROM unnest(:marks) WITH ORDINALITY AS new(marks, position)
CROSS JOIN LATERAL (
    SELECT h.id, h.words, h.published_at FROM collected_items AS h
    WHERE h.id = h.cluster_id AND h.marks && string_to_array(new.marks, ' ') AND h.source_id <> :source_id
    ORDER BY h.published_at DESC, h.id LIMIT 100
) AS head
WHERE NOT EXISTS (
    SELECT FROM collected_items AS own WHERE own.cluster_id = head.id AND own.source_id = :source_id)
ORDER BY new.position, head.published_at DESC, head.id
""").bindparams(bindparam("marks", type_=ARRAY(Text)))
