"""The sessions people are signed in with."""

import hmac
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.accounts import rules
from gateway.accounts.rules import RefreshToken
from gateway.db import Base
from gateway.vault import Vault
from shared.ids import new_id


class Session(Base):
    """One signed-in app or browser, and what is known of its refresh tokens (see rules)."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index(
            "ix_sessions_person",
            "person_kind",
            "person_id",
            "id",
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_sessions_revoked_at", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_kind: Mapped[str]
    person_id: Mapped[UUID]
    client: Mapped[str | None]
    newest: Mapped[bytes]
    previous: Mapped[bytes | None]
    salt: Mapped[bytes | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    def live(self, now: datetime) -> bool:
        """Whether it has neither ended nor run out."""
        return self.revoked_at is None and now < self.expires_at

    def exchange(self, token: RefreshToken, vault: Vault, now: datetime) -> RefreshToken | None:
        """The token that follows; None if a newer one was already used, or this one was replaced."""
        if hmac.compare_digest(token.digest, self.newest):
            self.previous, self.salt = self.newest, secrets.token_bytes(16)
        elif self.previous is None or not hmac.compare_digest(token.digest, self.previous):
            return None
        elif now - self.last_seen_at > rules.REPEAT:
            self.salt = secrets.token_bytes(16)
        else:
            now = self.last_seen_at  # the same answer again moves nothing
        following = rules.successor(token, self.salt or b"", vault)
        self.newest, self.last_seen_at = following.digest, now
        self.expires_at = rules.session_end(self.person_kind, self.created_at, now)
        return following
