"""What staff sign in with, and tries that failed."""

import math
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base
from gateway.passwords import rules
from shared.crypto import sealed
from shared.errors import TooManyRequests


class SignInPaused(TooManyRequests):
    code = "sign_in_paused"


class Credential(Base):
    """User name (lower case), argon2id hash, sealed TOTP secret, and the last TOTP step that was used."""

    __tablename__ = "credentials"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    totp: Mapped[bytes | None] = mapped_column(info=sealed())
    totp_step: Mapped[int]
    changed_at: Mapped[datetime]


class Attempt(Base):
    """Tries in a row for one user name (hashed), whether or not anybody has it: a pause tells nothing."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_last_at", "last_at"),)

    username_hash: Mapped[bytes] = mapped_column(primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime]

    def count(self, now: datetime) -> None:
        """Counts a try before it is judged; 429 with the wait while the account rests."""
        rests_until = self.last_at + rules.pause(self.tries)
        if now < rests_until:
            seconds = math.ceil((rests_until - now).total_seconds())
            raise SignInPaused(headers={"Retry-After": str(seconds)}, retry_after=seconds)
        self.tries = 1 if now - self.last_at > rules.FORGOTTEN else self.tries + 1
        self.last_at = now
