"""Tables of this slice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from shared.crypto import sealed


class MediaUpload(Base):
    """A photo on its way: `received` of `length` bytes lie in the store under `folder`, in `pieces`.

    All pieces but the last have the same size. `writer` is the request that may add some: the newest one.
    `sealed_metadata` is the header Upload-Metadata, encrypted (file names are personal). An upload that is
    over has `media_id` or, in `refused`, the code of the problem: its answer can be repeated.
    """

    __tablename__ = "media_uploads"
    __table_args__ = (
        Index("ix_media_uploads_owner", "owner"),
        Index("ix_media_uploads_expires", "expires_at"),
        Index(
            "uq_media_uploads_key",
            "owner",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    idempotency_key: Mapped[str | None]
    length: Mapped[int]
    sealed_metadata: Mapped[bytes | None] = mapped_column(info=sealed())
    folder: Mapped[str] = mapped_column(unique=True)
    pieces: Mapped[list[Any]]
    received: Mapped[int]
    writer: Mapped[UUID | None]
    media_id: Mapped[UUID | None]
    refused: Mapped[str | None]
    expires_at: Mapped[datetime]

    @property
    def metadata_place(self) -> str:
        """Where the metadata stands, for its encryption."""
        return f"media_uploads.sealed_metadata.{self.id}"
