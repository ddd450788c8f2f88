"""The registry of front ends and partners."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Client(Base):
    """One front end or partner. Keys are kept as SHA-256: they are long and random, so no salt is needed."""

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("rate_per_second > 0 AND burst >= 1", name="limit"),
        CheckConstraint("kind IN ('front_end', 'partner')", name="kind"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    platform: Mapped[str | None]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    old_key_hash: Mapped[bytes | None]
    old_key_until: Mapped[datetime | None]
    origins: Mapped[list[Any]]
    rate_per_second: Mapped[float]
    burst: Mapped[int]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    version: Mapped[int]

    def rotate(self, key_hash: bytes, old_until: datetime) -> None:
        """Takes a new key; the one before stays good until then."""
        self.old_key_hash, self.old_key_until = self.key_hash, old_until
        self.key_hash = key_hash
        self.version += 1

    def disable(self, now: datetime) -> None:
        """From now on no key of it is known."""
        self.disabled_at = now
        self.version += 1
