"""Who is calling: the caller, who a route admits, and the identity token between gateway and services."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared import log
from shared.clock import Clock, stopwatch
from shared.errors import DeviceIdMissing, Forbidden, Unauthenticated

Kind = Literal["anonymous", "citizen", "staff", "partner", "provider", "system"]
ISSUER = "gateway"
LIFETIME_SECONDS = 60
_CACHE = 10_000
_REREAD_SECONDS = 5
_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request, as the gateway knows it. `sub` is opaque; services never learn more."""

    kind: Kind = "anonymous"
    sub: str | None = None
    roles: frozenset[str] = frozenset()
    agency: str | None = None
    scopes: frozenset[str] = frozenset()
    client: str | None = None
    sid: str | None = None
    device: str | None = None

    def has(self, role: str) -> bool:
        """Whether a staff member holds the role."""
        return self.kind == "staff" and role in self.roles

    @property
    def person(self) -> str:
        """The opaque id of the person; Unauthenticated for a guest."""
        if self.sub is None:
            raise Unauthenticated
        return self.sub

    @property
    def scope(self) -> str:
        """Whose idempotency keys and uploads these are: the person, or for guests client and device."""
        if self.sub is not None:
            return f"{self.kind}:{self.sub}"
        if self.device is None:
            raise DeviceIdMissing
        return f"guest:{self.client or ''}:{self.device}"


@dataclass(frozen=True, slots=True)
class Audience:
    """One kind of caller a route admits; `any_of` are staff roles or partner scopes (empty: any)."""

    kind: str
    any_of: frozenset[str] = frozenset()

    def admits(self, caller: Caller) -> bool:
        """Whether this caller belongs to the audience."""
        if self.kind == "public":
            return True
        held = caller.roles if caller.kind == "staff" else caller.scopes
        return caller.kind == self.kind and (not self.any_of or bool(self.any_of & held))

    def names(self) -> list[str]:
        """As written in `x-city`: public, citizen, staff:<role>, partner:<scope>, system."""
        return [f"{self.kind}:{name}" for name in sorted(self.any_of)] or [self.kind]

    @classmethod
    def parse(cls, name: str) -> "Audience":
        """The reverse of `names`, for the gateway."""
        kind, _, detail = name.partition(":")
        return cls(kind, frozenset({detail} if detail else ()))


Anyone = Audience("public")
Citizen = Audience("citizen")
System = Audience("system")


def Staff(*roles: str) -> Audience:
    """Staff holding any of the roles (none given: any staff)."""
    return Audience("staff", frozenset(roles))


def Partner(*scopes: str) -> Audience:
    """A partner agency holding any of the scopes."""
    return Audience("partner", frozenset(scopes))


def refuse_unless(audiences: tuple[Audience, ...], caller: Caller) -> None:
    """401 for a guest, 403 for somebody else, unless one of the audiences admits the caller."""
    if any(audience.admits(caller) for audience in audiences):
        return
    raise Unauthenticated if caller.kind == "anonymous" else Forbidden


class Admission:
    """The one dependency of a route that says who may call it."""

    def __init__(self, audiences: tuple[Audience, ...]) -> None:
        self.audiences = audiences

    async def __call__(self, request: Request) -> Caller:
        """The caller, if admitted."""
        caller: Caller = request.scope["city"].caller
        refuse_unless(self.audiences, caller)
        return caller


def Allow(*audiences: Audience) -> Any:
    """`caller: Annotated[Caller, Allow(Citizen, Staff("laksa_verifier"))]`; every route has exactly one."""
    if not audiences:
        raise TypeError("Allow needs at least one audience; Allow(Anyone) admits everybody")
    return Depends(Admission(audiences))


def claims_of(caller: Caller) -> dict[str, Any]:
    """What the identity token says of a caller; no name, no phone, nothing personal."""
    claims = {
        "kind": caller.kind,
        "sub": caller.sub,
        "roles": sorted(caller.roles),
        "agency": caller.agency,
        "scopes": sorted(caller.scopes),
        "client": caller.client,
        "sid": caller.sid,
        "device": caller.device,
    }
    return {name: value for name, value in claims.items() if value}


def caller_from(claims: Mapping[str, Any]) -> Caller:
    """The caller a verified token describes."""
    return Caller(
        kind=claims["kind"],
        sub=claims.get("sub"),
        roles=frozenset(claims.get("roles", ())),
        agency=claims.get("agency"),
        scopes=frozenset(claims.get("scopes", ())),
        client=claims.get("client"),
        sid=claims.get("sid"),
        device=claims.get("device"),
    )


class KeyFile:
    """Public keys (JWKS) from a file, read again every 5 s at most: new keys come, withdrawn ones go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = float("-inf")
        self._keys: dict[str, ECKey] = {}

    def find(self, kid: str) -> ECKey | None:
        """The key of that id, or None."""
        if stopwatch() - self._read_at > _REREAD_SECONDS:
            self._read_at = stopwatch()
            self._read()
        return self._keys.get(kid)

    def _read(self) -> None:
        try:
            keys = KeySet.import_key_set(json.loads(self._path.read_text()))
        except (OSError, ValueError, JoseError) as error:  # being replaced just now: the old keys hold
            _log.warning("identity_keys_unreadable", error=type(error).__name__)
            return
        self._keys = {str(k.kid): k for k in keys.keys if isinstance(k, ECKey)}


def verify(token: str, keys: KeyFile, *, typ: str, audience: str, now: datetime) -> dict[str, Any]:
    """Claims of an ES256 token of exactly this type and audience; Unauthenticated for anything else.

    Only alg, kid and typ may stand in the header, so that jku, x5u, jwk, crit and their kin lead nowhere.
    """
    try:
        head = json.loads(_b64(token.partition(".")[0])) if len(token) < 8_192 else {}
        if set(head) != {"alg", "kid", "typ"} or head["alg"] != "ES256" or head["typ"] != typ:
            raise Unauthenticated
        key = keys.find(head["kid"]) if isinstance(head["kid"], str) else None
        if key is None:
            raise Unauthenticated
        claims = jwt.decode(token, key, algorithms=["ES256"]).claims
        _check_claims(claims, audience, now)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unauthenticated from error
    return claims


class Identity:
    """Verifies `X-Identity` for one service; a token is verified once and remembered until it ends."""

    def __init__(self, keys: KeyFile, service: str, clock: Clock) -> None:
        self._keys, self._service, self._clock = keys, service, clock
        self._known: dict[bytes, tuple[float, Caller]] = {}

    def caller(self, token: str) -> Caller:
        """Who the gateway says is calling; Unauthenticated if the token is not good."""
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock.now()
        known = self._known.get(digest)
        if known is not None and known[0] > now.timestamp():
            return known[1]
        claims = verify(token, self._keys, typ="identity", audience=self._service, now=now)
        if len(self._known) >= _CACHE:
            self._known.clear()
        self._known[digest] = (claims["exp"], caller_from(claims))
        return self._known[digest][1]


class Signer:
    """Signs ES256 tokens of one type with the gateway's private key."""

    def __init__(self, key_file: Path) -> None:
        self._key = ECKey.import_key(json.loads(key_file.read_text()))

    def sign(self, typ: str, claims: Mapping[str, Any], now: datetime, lifetime_seconds: float) -> str:
        """A compact JWS; iss, iat and exp (seconds) are added."""
        issued = int(now.timestamp())
        body = {"iss": ISSUER, "iat": issued, "exp": int(now.timestamp() + lifetime_seconds), **claims}
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": typ}, body, self._key)


def _check_claims(claims: Mapping[str, Any], audience: str, now: datetime) -> None:
    moment = now.timestamp()
    good = claims["iss"] == ISSUER and claims["aud"] == audience
    if not good or not claims["iat"] - 5 <= moment < claims["exp"]:
        raise Unauthenticated


def _b64(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
