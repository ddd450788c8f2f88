"""Events by when they are held, on one GiST index of their stretch of time and their start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Row, Text, func, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from svc_news.articles.models import Article
from svc_news.articles.queries.lists import SUMMARY, Found, page_of, position
from svc_news.articles.rules import PUBLIC

_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""No event is earlier: the distance to it orders by start, inside the index."""


@dataclass(frozen=True, slots=True)
class Span:
    """Events held between two moments, of one district or of all."""

    since: datetime
    until: datetime | None = None
    district: str | None = None


async def agenda_page(session: AsyncSession, span: Span, limit: int, cursor: str | None) -> Found:
    """The soonest first."""
    bound = {"list": "agenda", "until": span.until, "district": span.district}
    statement = select(*SUMMARY).where(*_within(span))
    if cursor is not None:
        moment, article_id = position(cursor, bound)
        beyond = tuple_(Article.starts_at, Article.id) > tuple_(moment, article_id)
        statement = statement.where(Article.starts_at >= moment, beyond)
    rows = (await session.execute(_soonest(statement, limit + 1))).all()
    return page_of(rows, limit, bound, "starts_at")


async def events_within(session: AsyncSession, span: Span, limit: int) -> Sequence[Row[Any]]:
    """The same for a calendar: that many at most."""
    return (await session.execute(_soonest(_calendar().where(*_within(span)), limit))).all()


async def public_event(session: AsyncSession, article_id: UUID) -> Row[Any] | None:
    """An event the public may read, expired ones too."""
    where = (Article.id == article_id, Article.starts_at.is_not(None))
    public = Article.state.in_(sorted(PUBLIC))
    return (await session.execute(_calendar().where(*where, public))).one_or_none()


def _calendar() -> Any:
    return select(*SUMMARY, Article.created_at, Article.changed_at)


def _within(span: Span) -> list[ColumnElement[bool]]:
    held = func.tstzrange(Article.starts_at, Article.over_at)
    wanted = func.tstzrange(_moment(span.since), _moment(span.until))
    where: list[ColumnElement[bool]] = [
        Article.listed == true(),
        Article.starts_at.is_not(None),
        held.op("&&", is_comparison=True)(wanted),
    ]
    if span.district is not None:
        where.append(Article.districts.contains(literal([span.district], ARRAY(Text))))
    return where


def _soonest(statement: Any, limit: int) -> Any:
    return statement.order_by(Article.starts_at.op("<->")(_BEFORE_ALL), Article.id).limit(limit)


def _moment(moment: datetime | None) -> Any:
    return literal(moment, DateTime(timezone=True))
