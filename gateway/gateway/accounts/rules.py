"""Refresh tokens: how one is written, how the next follows from it, how long sessions last.

A session has at most two good refresh tokens: the newest, and the one it was given for until the newest has
been used. So an answer lost on a bad connection signs nobody out: the app sends its token again, within 30 s
it gets the very same successor (two tabs or a hasty retry agree), later a fresh one that replaces the lost
one. Whoever presents anything older, or a token that was replaced, holds a copy: the session ends for both
(RFC 9700, 4.14.2). Thief and owner cannot go on side by side: the second to refresh holds a replaced token.

A token is base64url of session id (16 bytes), secret (32), tag (16). The database holds SHA-256 of the two
good secrets only. The tag proves that a token no longer known was once ours, without a table of old ones, and
so that nobody can end a session with a made-up token that merely names its id.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.vault import Vault

ACCESS_SECONDS = 600
REPEAT = timedelta(seconds=30)
MOST_SESSIONS = 100
FRESH = timedelta(minutes=10)
"""Who signed in so long ago, by a code sent now, has the phone in hand."""
_SLIDING, _LONGEST, _SHIFT = timedelta(days=90), timedelta(days=365), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says; `tag` is not yet checked."""

    session_id: UUID
    secret: bytes
    tag: bytes

    @classmethod
    def read(cls, text: str) -> "RefreshToken | None":
        """The parts of a token, or None if this is none."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        return cls(UUID(bytes=raw[:16]), raw[16:48], raw[48:]) if len(raw) == 64 else None

    @classmethod
    def of(cls, session_id: UUID, secret: bytes, vault: Vault) -> "RefreshToken":
        """The token of a session that carries this secret."""
        return cls(session_id, secret, vault.derive("refresh-tag", session_id.bytes, secret)[:16])

    @classmethod
    def fresh(cls, session_id: UUID, vault: Vault) -> "RefreshToken":
        """The first token of a session: 256 random bits."""
        return cls.of(session_id, secrets.token_bytes(32), vault)

    def ours(self, vault: Vault) -> bool:
        """Whether the gateway wrote it, at whatever time."""
        expected = RefreshToken.of(self.session_id, self.secret, vault).tag
        return hmac.compare_digest(expected, self.tag)

    @property
    def digest(self) -> bytes:
        """What the database knows of the secret."""
        return hashlib.sha256(self.secret).digest()

    def __str__(self) -> str:
        raw = self.session_id.bytes + self.secret + self.tag
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def successor(token: RefreshToken, salt: bytes, vault: Vault) -> RefreshToken:
    """The token that follows: the same for the same salt, not to be computed without the vault's key."""
    secret = vault.derive("refresh-next", token.session_id.bytes, token.secret, salt)
    return RefreshToken.of(token.session_id, secret, vault)


def session_end(kind: str, began: datetime, now: datetime) -> datetime:
    """A resident stays signed in while she comes back within 90 days, a year at most; staff for 12 hours."""
    return began + _SHIFT if kind == "staff" else min(now + _SLIDING, began + _LONGEST)
