"""The table of itineraries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.crypto import sealed
from svc_tourism.db import Base


class Itinerary(Base):
    """One resident's list of places. Title, notes, day and start say where she will be: they are sealed.

    `share_digest` is the SHA-256 of the token of its read-only link, None while it is not shared.
    """

    __tablename__ = "itineraries"
    __table_args__ = (Index("ix_itineraries_citizen", "citizen_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    citizen_id: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    plan: Mapped[bytes] = mapped_column(info=sealed())
    share_digest: Mapped[bytes | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @staticmethod
    def place_of(itinerary_id: UUID) -> str:
        """Where the ciphertext stands, so that it opens nowhere else."""
        return f"itineraries.plan.{itinerary_id}"
