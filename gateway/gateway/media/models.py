"""Tables of this slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from shared.crypto import sealed


class Media(Base):
    """One uploaded photo; its files lie in the store under `folder`.

    `evidence` is encrypted (time and place of a photo are personal); `upload_sha256` is of what was sent,
    `sha256` of the full variant that is kept; `variants` is name -> {size, width, height, sha256}.
    """

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_owner_upload", "owner", "upload_sha256"),
        Index(
            "ix_media_owner_key",
            "owner",
            "idempotency_key",
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index("ix_media_unattached", "kept_until", postgresql_where=text("attached_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    upload_sha256: Mapped[bytes]
    idempotency_key: Mapped[str | None]
    folder: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str]
    type: Mapped[str]
    size: Mapped[int]
    variants: Mapped[dict[str, Any]]
    evidence: Mapped[bytes | None] = mapped_column(info=sealed())
    stored_at: Mapped[datetime]
    kept_until: Mapped[datetime]
    attached_at: Mapped[datetime | None]

    @property
    def evidence_place(self) -> str:
        """Where the evidence stands, for its encryption."""
        return f"media.evidence.{self.id}"
