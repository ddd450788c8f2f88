"""Tables of this slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Notice(Base):
    """One notice, with its author's opaque id. A withdrawn one ends at that moment."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_ends_at", "ends_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[str]
    title: Mapped[dict[str, Any]]
    text: Mapped[dict[str, Any]]
    platforms: Mapped[list[Any]]
    areas: Mapped[list[Any]]
    link: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    author: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime]
