"""What a front-end key is, and which origins, codes and limits a front end may have (pure)."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

PREFIX = "key_"
Kind = Literal["front_end", "partner", "provider"]
Type = Literal["mobile", "web", "system"]
Platform = Literal["android", "ios", "web"]
#: Why a key was switched off: a word of a list, as free text could name people and the chain keeps it.
Reason = Literal["leaked", "misused", "agreement_ended", "asked_by_owner", "replaced", "unused", "other"]
CODE = r"^[a-z0-9][a-z0-9._-]{1,59}$"
SCOPE = r"^[a-z][a-z0-9_.:-]{0,59}$"
MOST_RATE, MOST_BURST = 10_000, 100_000
OVERLAP = timedelta(days=7)
LONGEST_OVERLAP_HOURS = 720
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def new_key() -> str:
    """256 random bits; the prefix lets secret scanners find it in published code."""
    return PREFIX + secrets.token_urlsafe(32)


def key_hash(key: bytes) -> bytes:
    """What is kept of a key: SHA-256."""
    return hashlib.sha256(key).digest()


def origin(text: str, *, local: bool = True) -> str:
    """The origin in the form browsers send it (RFC 6454); ValueError if it is none.

    https and a host name; http for this machine's own browser alone (`local`: nowhere in production).
    """
    written = text.strip().lower().removesuffix("/")
    scheme, separator, authority = written.partition("://")
    try:
        port = urlsplit(written).port
    except ValueError as error:
        raise _no_origin(text) from error
    host = authority if port is None else authority.rpartition(":")[0]
    if not separator or not _may_call(scheme, host, local=local):
        raise _no_origin(text)
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{host}" if port in (None, usual) else f"{scheme}://{host}:{port}"


def type_of(platform: str | None, origins: Sequence[str] = ()) -> Type:
    """What a front end is, where nobody said it: by its platform, or because browsers call from it."""
    if platform is not None:
        return "web" if platform == "web" else "mobile"
    return "web" if origins else "system"


def _may_call(scheme: str, host: str, *, local: bool) -> bool:
    if host in _HERE:
        return local and scheme in ("http", "https")
    return scheme == "https" and _HOST.fullmatch(host) is not None


def _no_origin(text: str) -> ValueError:
    return ValueError(
        f"{text!r} is no origin such as https://example.go.id (http://localhost:5173 to develop)"
    )
