"""Who is calling: the caller, who a route admits, and the identity token between gateway and services."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, get_args

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
Known = TypeVar("Known")


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
        device = hashlib.sha256(self.device.encode()).hexdigest()[:32]  # what is stored names no device
        return f"guest:{self.client or ''}:{device}"


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
        """As written in `x-city`: public, citizen, staff:<role>, partner:<scope>, provider, system."""
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


def Provider(*scopes: str) -> Audience:
    """One of the city's systems that joined, holding any of the scopes (none given: any of them)."""
    return Audience("provider", frozenset(scopes))


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
    """The caller a verified token describes; Unauthenticated if it does not say of which kind."""
    if claims.get("kind") not in get_args(Kind):
        raise Unauthenticated
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


class _Reread(Generic[Known]):
    """What a file says, looked at every 5 s at most; while it cannot be read, what it said before."""

    def __init__(self, path: Path, parse: Callable[[str], Known], known: Known) -> None:
        self._path, self._parse, self._known = path, parse, known
        self._read_at = float("-inf")

    def known(self) -> Known:
        if stopwatch() - self._read_at > _REREAD_SECONDS:
            self._read_at = stopwatch()
            try:
                self._known = self._parse(self._path.read_text())
            except (OSError, ValueError, JoseError) as error:  # being replaced just now: the old keys hold
                _log.warning("identity_keys_unreadable", error=type(error).__name__)
        return self._known


class KeyFile:
    """Public keys (JWKS) from a file, read again every 5 s at most: new keys come, withdrawn ones go.

    A key with the member `signed_until` (Unix seconds) was replaced then: it opens what it signed before.
    """

    def __init__(self, path: Path) -> None:
        self._file: _Reread[Mapping[str, ECKey]] = _Reread(path, _public_keys, {})

    def find(self, kid: str) -> ECKey | None:
        """The key of that id, or None."""
        return self._file.known().get(kid)

    @property
    def kids(self) -> frozenset[str]:
        """The ids of all keys: whoever remembers a verified token does so under these keys alone."""
        return frozenset(self._file.known())


def verify(
    token: str, keys: KeyFile, *, typ: str, audience: str, longest: float, now: datetime
) -> dict[str, Any]:
    """Claims of an ES256 token of exactly this type and audience; Unauthenticated for anything else.

    Only alg, kid and typ may stand in the header, so that jku, x5u, jwk, crit and their kin lead nowhere.
    `longest` (seconds) is how long tokens of this type live: with a replaced key they end that long after it.
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
        replaced = key.get("signed_until") or float("inf")
        if claims["exp"] - claims["iat"] > longest or claims["iat"] > replaced:
            raise Unauthenticated
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unauthenticated from error
    return claims


class Identity:
    """Verifies `X-Identity` for one service; a token is verified once and remembered until it ends."""

    def __init__(self, keys: KeyFile, service: str, clock: Clock) -> None:
        self._keys, self._service, self._clock = keys, service, clock
        self._known: dict[tuple[bytes, frozenset[str]], tuple[float, Caller]] = {}

    def caller(self, token: str) -> Caller:
        """Who the gateway says is calling; Unauthenticated if the token is not good."""
        digest = hashlib.sha256(token.encode()).digest(), self._keys.kids
        now = self._clock.now()
        known = self._known.get(digest)
        if known is not None and known[0] > now.timestamp():
            return known[1]
        claims = verify(
            token, self._keys, typ="identity", audience=self._service, longest=LIFETIME_SECONDS, now=now
        )
        if len(self._known) >= _CACHE:
            self._known.clear()
        self._known[digest] = (claims["exp"], caller_from(claims))
        return self._known[digest][1]


class Signer:
    """Signs ES256 tokens with the gateway's private key; the key that takes its place is used within 5 s."""

    def __init__(self, key_file: Path) -> None:
        first = _private_key(key_file.read_text())
        self._file: _Reread[ECKey] = _Reread(key_file, _private_key, first)

    @property
    def kid(self) -> str:
        """The id of the key that signs now."""
        return str(self._file.known().kid)

    def sign(self, typ: str, claims: Mapping[str, Any], now: datetime, lifetime_seconds: float) -> str:
        """A compact JWS; iss, iat and exp (seconds) are added."""
        issued = int(now.timestamp())
        body = {"iss": ISSUER, "iat": issued, "exp": int(now.timestamp() + lifetime_seconds), **claims}
        key = self._file.known()
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": typ}, body, key)


def _public_keys(text: str) -> Mapping[str, ECKey]:
    keys = KeySet.import_key_set(json.loads(text)).keys
    return {str(key.kid): key for key in keys if isinstance(key, ECKey)}


def _private_key(text: str) -> ECKey:
    return ECKey.import_key(json.loads(text))


def _check_claims(claims: Mapping[str, Any], audience: str, now: datetime) -> None:
    moment = now.timestamp()
    good = claims["iss"] == ISSUER and claims["aud"] == audience
    if not good or not claims["iat"] - 5 <= moment < claims["exp"]:
        raise Unauthenticated


def _b64(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
