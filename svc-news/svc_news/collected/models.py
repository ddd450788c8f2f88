"""Table of collected items."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from svc_news.db import Base


class CollectedItem(Base):
    """One item of one source, known by (source, key). `cluster_id` is that of the first to tell its story.

    `words` are the title's, `marks` what stories alike share; `document`: the city's search knows it.
    """

    __tablename__ = "collected_items"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        Index("ix_collected_items_heads", "published_at", "id", postgresql_where=text("id = cluster_id")),
        Index("ix_collected_items_source", "source_id", "published_at", "id"),
        Index("ix_collected_items_cluster", "cluster_id", "id"),
        Index("ix_collected_items_documents", "id", postgresql_where=text("document")),
        Index("ix_collected_items_published", "published_at"),
        Index(
            "ix_collected_items_marks",
            "marks",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},  # every search would walk what waits to be sorted in
            postgresql_where=text("id = cluster_id"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    key: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    cluster_id: Mapped[UUID]
    title: Mapped[str]
    excerpt: Mapped[str]
    link: Mapped[str]
    words: Mapped[str]
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    digest: Mapped[str]
    document: Mapped[bool]
    dated: Mapped[bool]
    published_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
