"""The table of announcements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import Conflict
from svc_example.db import Base


class AlreadyWithdrawn(Conflict):
    code = "already_withdrawn"


class Announcement(Base):
    """One message to the public; `title` and `text` are {"id": …, "en": …}."""

    __tablename__ = "announcements"
    __table_args__ = (
        Index("ix_announcements_newest", "published_at", "id", postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[dict[str, Any]]
    text: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    def withdraw(self, now: datetime) -> None:
        """Takes it back; 409 `already_withdrawn` the second time."""
        if self.withdrawn_at is not None:
            raise AlreadyWithdrawn
        self.withdrawn_at, self.version = now, self.version + 1
