"""Tables of this slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Computed, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from gateway.search.rules.vector import VECTOR

HERE = text("gone_at IS NULL")
LEADS = text("url <> ''")
"""The same, for counting: a predicate of its own, so that no search walks that index."""


class SearchDocument(Base):
    """A published document as its owner's newest word has it. Texts are {"id": …, "en": …}.

    `no` is the place in which it was first heard of. `keys` is what it is filtered by: type, areas, squares
    of the map, spans of time (`rules/keys.py`); `plain` its texts as plain words, of which `vector` is made.
    `gone_at`: withdrawn; the row stays until no older event can come any more (`forget_at`).
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("ix_search_documents_no", "no", unique=True),
        Index(
            "ix_search_documents_found",
            "keys",
            "vector",
            postgresql_using="gin",
            postgresql_where=HERE,
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_search_documents_type", "type", "kind", postgresql_where=LEADS),
        Index("ix_search_documents_forget_at", "forget_at", postgresql_where=text("forget_at IS NOT NULL")),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    publisher: Mapped[str]
    type: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    area: Mapped[str | None]
    url: Mapped[str]
    source: Mapped[str | None]
    published_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    forget_at: Mapped[datetime | None]
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    plain: Mapped[dict[str, Any]]
    vector: Mapped[str] = mapped_column(TSVECTOR, Computed(VECTOR, persisted=True))


class SearchWord(Base):
    """A word that some document has: what slips are corrected to, and what begins with a few letters."""

    __tablename__ = "search_words"
    __table_args__ = (
        Index(
            "ix_search_words_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
        Index("ix_search_words_checked_at", "checked_at"),
    )

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    checked_at: Mapped[datetime]
