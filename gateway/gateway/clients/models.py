"""The registry of front ends, partners and providers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Client(Base):
    """One front end, partner or provider. Keys are kept as SHA-256: long and random, they need no salt.

    `owner` is an agency of the pack, `contact_office` the desk that answers for it, never a person. One that
    the pack names has no key until somebody asks for its first one.
    """

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("rate_per_second > 0 AND burst >= 1", name="limit"),
        CheckConstraint("kind IN ('front_end', 'partner', 'provider')", name="kind"),
        CheckConstraint("type IN ('mobile', 'web', 'system')", name="type"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    type: Mapped[str] = mapped_column(server_default="system")
    platform: Mapped[str | None]
    owner: Mapped[str | None]
    contact_office: Mapped[str | None]
    key_hash: Mapped[bytes | None] = mapped_column(unique=True)
    old_key_hash: Mapped[bytes | None]
    old_key_until: Mapped[datetime | None]
    origins: Mapped[list[Any]]
    rate_per_second: Mapped[float]
    burst: Mapped[int]
    scopes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    notes: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_for: Mapped[str | None]
    version: Mapped[int]

    def live_keys(self, now: datetime) -> int:
        """How many keys are good at this moment: none, one, or two while one follows the other."""
        if self.disabled_at is not None or self.key_hash is None:
            return 0
        return 2 if self.has_old_key(now) else 1

    def has_old_key(self, now: datetime) -> bool:
        """Whether the key before the present one is still good."""
        return self.old_key_until is not None and self.old_key_until > now

    def rotate(self, key_hash: bytes, old_until: datetime, now: datetime) -> bool:
        """Takes a new key; the one before stays good until then. True if that ends one older still."""
        ends_oldest = self.has_old_key(now)
        self.old_key_hash = self.key_hash if old_until > now else None
        self.old_key_until = old_until if self.old_key_hash is not None else None
        self.key_hash = key_hash
        self.version += 1
        return ends_oldest

    def end_old_key(self) -> bool:
        """The key before the present one is good no more; False if there was none."""
        if self.old_key_hash is None:
            return False
        self.old_key_hash = self.old_key_until = None
        self.version += 1
        return True

    def disable(self, now: datetime, reason: str) -> bool:
        """From now on no key of it is known; False if it was so already."""
        if self.disabled_at is not None:
            return False
        self.disabled_at, self.disabled_for = now, reason
        self.version += 1
        return True

    def enable(self) -> bool:
        """Its keys are good again; False if they were."""
        if self.disabled_at is None:
            return False
        self.disabled_at = self.disabled_for = None
        self.version += 1
        return True

    def change(self, values: dict[str, Any]) -> list[str]:
        """Takes over what differs; answers the names of what did."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        self.version += bool(changed)
        return sorted(changed)
