"""Access tokens: verified once, remembered until they end, refused at once when their session was ended."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.accounts.rules import ACCESS_SECONDS
from gateway.edge.bounded import Bounded
from shared.auth import Caller, KeyFile, caller_from, verify
from shared.clock import Clock
from shared.errors import Unauthenticated

TYPE = "access"
AUDIENCE = "gateway"
_KINDS = frozenset({"citizen", "staff", "partner", "provider"})


class AccessTokens:
    """Whoever holds a good token is its caller; anything wrong with one gives the same 401."""

    def __init__(self, keys: KeyFile, clock: Clock) -> None:
        self._keys, self._clock = keys, clock
        self._known: Bounded[tuple[bytes, str | None, frozenset[str]], Caller] = Bounded()
        self.revoked: frozenset[str] | set[str] = frozenset()

    def remembered(self, token: bytes, client: str | None) -> Caller | None:
        """The caller of a token verified with these keys; Unauthenticated if its session has ended since."""
        known = (_digest(token), client, self._keys.kids)
        caller = self._known.get(known, self._clock.now().timestamp())
        if caller is not None:
            self._refuse_revoked(caller)
        return caller

    def verify(self, token: bytes, client: str | None) -> Caller:
        """The caller of a token, using the front end `client`; Unauthenticated if the token is not good."""
        try:
            text = token.decode("ascii")
            claims = claims_of_access(text, self._keys, self._clock.now())
            caller = replace(caller_from(claims), client=client)
            until = float(claims["exp"])
            if (
                caller.kind not in _KINDS
                or not isinstance(caller.sub, str)
                or not isinstance(caller.sid, str)
            ):
                raise Unauthenticated
        except (KeyError, TypeError, ValueError) as error:
            raise Unauthenticated from error
        self._refuse_revoked(caller)
        self._known.put((_digest(token), client, self._keys.kids), caller, until)
        return caller

    def revoke(self, sid: str) -> None:
        """The session has ended: none of its tokens is good any more."""
        self.revoked = self.revoked | {sid}

    def _refuse_revoked(self, caller: Caller) -> None:
        if caller.sid in self.revoked:
            raise Unauthenticated


def claims_of_access(token: str, keys: KeyFile, now: datetime) -> dict[str, Any]:
    """What an access token says; Unauthenticated if it is none, or not good."""
    return verify(token, keys, typ=TYPE, audience=AUDIENCE, longest=ACCESS_SECONDS, now=now)


def bearer(header: bytes) -> bytes:
    """The token of an Authorization header; Unauthenticated if there is no bearer token in it."""
    scheme, _, token = header.partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise Unauthenticated
    return token.strip()


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
