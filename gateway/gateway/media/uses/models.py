"""Tables of this slice."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class MediaUse(Base):
    """A service's newest word on a photo: that it uses it, or that it no longer does.

    `told_by` is the event that said so, a UUIDv7: an older one that comes late changes nothing.
    """

    __tablename__ = "media_uses"

    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    publisher: Mapped[str] = mapped_column(primary_key=True)
    used: Mapped[bool]
    told_by: Mapped[UUID]
