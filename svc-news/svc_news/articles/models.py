"""Tables of an article: itself, where it is listed, every slug it had, each revision, each correction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from svc_news.articles import rules
from svc_news.articles.rules import State
from svc_news.db import Base

_ON_AGENDA = text("listed AND starts_at IS NOT NULL")
HELD = text("tstzrange(starts_at, over_at)")
"""When an event is held: GiST finds what meets a stretch of time, and with the start beside it (btree_gist)
the soonest come first, however many there are."""


class Article(Base):
    """One article as it stands. Texts are {"id": …} and perhaps "en"; `html` is `body`, sanitised."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_desk", "state", "changed_at", "id"),
        Index("ix_articles_desk_own", "created_by", "changed_at", "id"),
        Index("ix_articles_changed", "changed_at", "id"),
        Index(
            "ix_articles_images",
            "images",
            postgresql_using="gin",
            postgresql_ops={"images": "jsonb_path_ops"},
            postgresql_with={"fastupdate": "off"},  # every search would walk what waits to be sorted in
        ),
        Index("ix_articles_agenda", HELD, "starts_at", postgresql_using="gist", postgresql_where=_ON_AGENDA),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    state: Mapped[str]
    listed: Mapped[bool]
    source: Mapped[str]
    slug: Mapped[str | None]
    wanted_slug: Mapped[str | None]
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    html: Mapped[dict[str, Any]]
    byline: Mapped[str | None]
    images: Mapped[list[Any]]
    districts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    claim: Mapped[dict[str, Any] | None]
    event: Mapped[dict[str, Any] | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    created_by: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    publish_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[dict[str, Any] | None]

    def enter(self, state: State, now: datetime) -> None:
        """Stands in `state` from now on; the public sees it from its publication until it is withdrawn."""
        if state in rules.PUBLIC:
            self.published_at = self.published_at or now
            self.updated_at = now
            self.listed = self.expires_at is None or self.expires_at > now
        else:
            self.listed = False
        if state != State.SCHEDULED:
            self.publish_at = None
        self.state, self.changed_at, self.version = state, now, self.version + 1

    def expire(self, now: datetime) -> None:
        """Leaves lists, feeds and search; who has the address still reads it."""
        self.listed, self.changed_at, self.version = False, now, self.version + 1

    def due(self) -> dict[str, datetime]:
        """The timers this article needs as it stands now, by kind."""
        wanted = {
            "article_publish": self.publish_at if self.state == State.SCHEDULED else None,
            "article_expire": self.expires_at if self.listed else None,
        }
        return {kind: moment for kind, moment in wanted.items() if moment is not None}


class Listing(Base):
    """Where a listed article stands: a row for each district and tag it can be asked for by, and for both.

    So whatever is asked for is one walk over one index, newest first.
    """

    __tablename__ = "article_listings"
    __table_args__ = (
        Index("ix_article_listings_newest", "facet", "published_at", "article_id"),
        Index("ix_article_listings_kind", "facet", "kind", "published_at", "article_id"),
    )

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    facet: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    published_at: Mapped[datetime]


class Slug(Base):
    """Every slug an article ever had: an old address goes on answering."""

    __tablename__ = "article_slugs"
    __table_args__ = (Index("ix_article_slugs_article_id", "article_id"),)

    slug: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"))


class Revision(Base):
    """Who did what to an article, when, and how it read then; the database refuses to change one."""

    __tablename__ = "article_revisions"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str | None]
    role: Mapped[str]
    action: Mapped[str]
    from_state: Mapped[str | None]
    state: Mapped[str]
    note: Mapped[str | None]
    content: Mapped[dict[str, Any] | None]


class Correction(Base):
    """What was wrong and is right now, for the public; never changed."""

    __tablename__ = "article_corrections"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    note: Mapped[dict[str, Any]]
