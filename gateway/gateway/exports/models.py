"""Tables of this slice."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from shared.crypto import sealed


class Export(Base):
    """The one export of a resident: asked for, gathered at `look_at` until complete, gone at `expires_at`.

    `expires_at` is set from the beginning; only code older than that left it out.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    citizen_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    requested_at: Mapped[datetime]
    tries: Mapped[int]
    look_at: Mapped[datetime | None]
    complete_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    def good(self, now: datetime, same: timedelta) -> bool:
        """Whether it is under way, or was complete so short a time ago that it is the `same`."""
        if self.expires_at is not None and self.expires_at <= now:
            return False
        return self.complete_at is None or now - self.complete_at < same


class ExportPart(Base):
    """What one service holds of her, encrypted; nothing yet while it has not answered."""

    __tablename__ = "export_parts"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(info=sealed())
    gathered_at: Mapped[datetime | None]

    @property
    def place(self) -> str:
        """Where the ciphertext stands."""
        return f"export_parts.sealed.{self.export_id}.{self.service}"
