"""What a front-end key is."""

import hashlib
import secrets
from urllib.parse import urlsplit

PREFIX = "key_"


def new_key() -> str:
    """256 random bits; the prefix lets secret scanners find it in published code."""
    return PREFIX + secrets.token_urlsafe(32)


def key_hash(key: bytes) -> bytes:
    """What is kept of a key: SHA-256."""
    return hashlib.sha256(key).digest()


def origin(text: str) -> str:
    """The origin in the form browsers send it (RFC 6454); ValueError if it is none."""
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no origin such as https://example.go.id")
    return f"{parts.scheme}://{parts.netloc}"
