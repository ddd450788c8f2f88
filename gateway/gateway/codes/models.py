"""Codes that were sent."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.codes import rules
from gateway.db import Base
from shared.crypto import sealed
from shared.ids import new_id


class Challenge(Base):
    """One sent code: good for ten minutes, five tries and one use. Phone sealed, code and address hashed."""

    __tablename__ = "code_challenges"
    __table_args__ = (
        Index("ix_code_challenges_phone", "phone_hash", "created_at"),
        Index("ix_code_challenges_address", "address_hash", "created_at"),
        Index("ix_code_challenges_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone: Mapped[bytes] = mapped_column(info=sealed())
    phone_hash: Mapped[bytes]
    address_hash: Mapped[bytes]
    code_hash: Mapped[bytes]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def left(self) -> int:
        """Tries left."""
        return rules.TRIES - self.tries

    def open(self, now: datetime) -> bool:
        """Whether it may be tried."""
        return self.used_at is None and self.left > 0 and now < self.expires_at

    def fits(self, code_hashes: Iterable[bytes]) -> bool:
        """Whether one is of the code that was sent, by whichever key; no byte of it is told by the time."""
        return any(hmac.compare_digest(self.code_hash, each) for each in code_hashes)
