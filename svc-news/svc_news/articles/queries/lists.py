"""Lists of articles by keyset: each is one walk over one index, whatever it is narrowed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_news.articles.models import Article, Listing
from svc_news.articles.rules import facet

SUMMARY = (
    Article.id,
    Article.version,
    Article.kind,
    Article.state,
    Article.source,
    Article.slug,
    Article.title,
    Article.summary,
    Article.byline,
    Article.images,
    Article.districts,
    Article.tags,
    Article.claim,
    Article.event,
    Article.starts_at,
    Article.ends_at,
    Article.over_at,
    Article.cancelled_at,
    Article.published_at,
    Article.updated_at,
    Article.expires_at,
)
FEED = (*SUMMARY, Article.html)
"""With the text itself."""
_DESK = (
    *SUMMARY,
    Article.created_by,
    Article.created_at,
    Article.changed_at,
    Article.publish_at,
)
Query = Select[*tuple[Any, ...]]
Found = tuple[Sequence[Row[Any]], str | None]
"""The rows of one page and the cursor of the next."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the public list is narrowed to; `since` and `until` are moments of publication, until excluded."""

    kind: str | None = None
    district: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def public_page(session: AsyncSession, filters: Filters, limit: int, cursor: str | None) -> Found:
    """Listed articles, newest first."""
    bound = {"list": "articles", "filters": filters}
    statement = _listed(filters, SUMMARY)
    if cursor is not None:
        statement = statement.where(
            tuple_(Listing.published_at, Listing.article_id) < tuple_(*position(cursor, bound))
        )
    return page_of((await session.execute(statement.limit(limit + 1))).all(), limit, bound, "published_at")


async def newest(session: AsyncSession, filters: Filters, limit: int) -> Sequence[Row[Any]]:
    """The newest with their texts, for a feed."""
    return (await session.execute(_listed(filters, FEED).limit(limit))).all()


async def desk_page(
    session: AsyncSession, state: str | None, author: str | None, limit: int, cursor: str | None
) -> Found:
    """Articles of the newsroom, the last changed first: everybody's, or one author's."""
    bound = {"list": "desk", "state": state, "author": author}
    statement: Query = select(*_DESK)
    if state is not None:
        statement = statement.where(Article.state == state)
    if author is not None:
        statement = statement.where(Article.created_by == author)
    place = (Article.changed_at, Article.id)
    if cursor is not None:
        statement = statement.where(tuple_(*place) < tuple_(*position(cursor, bound)))
    ordered = statement.order_by(*(column.desc() for column in place)).limit(limit + 1)
    return page_of((await session.execute(ordered)).all(), limit, bound, "changed_at")


def page_of(rows: Sequence[Row[Any]], limit: int, bound: dict[str, Any], column: str) -> Found:
    """The page of `limit` rows out of one more, and the cursor of the next one by that column and the id."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], paging.encode((getattr(last, column).isoformat(), last.id), bound)


def position(cursor: str, bound: dict[str, Any]) -> tuple[datetime, UUID]:
    """Moment and id of a cursor; 400 `bad_cursor` unless it was made for this list."""
    moment, article_id = paging.decode(cursor, bound, 2)
    try:
        return paging.moment(moment), UUID(article_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error


def _listed(filters: Filters, columns: tuple[Any, ...]) -> Query:
    where: list[ColumnElement[bool]] = [Listing.facet == facet(filters.district, filters.tag)]
    if filters.kind is not None:
        where.append(Listing.kind == filters.kind)
    if filters.since is not None:
        where.append(Listing.published_at >= filters.since)
    if filters.until is not None:
        where.append(Listing.published_at < filters.until)
    statement: Query = select(*columns).join(Listing, Listing.article_id == Article.id).where(*where)
    return statement.order_by(Listing.published_at.desc(), Listing.article_id.desc())
