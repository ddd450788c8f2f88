"""Uploaded files between gateway and services: receipts verified offline, short-lived signed addresses."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.auth import KeyFile, Signer, verify
from shared.errors import Unauthenticated, Unprocessable

Variant = Literal["thumb", "small", "full"]
RECEIPT_LIFETIME = timedelta(days=7)
_HOUR = 3_600


class BadReceipt(Unprocessable):
    code = "media_receipt_bad"


class Receipt(BaseModel):
    """What the gateway vouches for: `owner` is Caller.scope of whoever uploaded it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    media_id: UUID
    owner: str
    sha256: str
    type: str
    size: int
    stored_at: datetime
    captured_at: datetime | None = None
    captured_lat: float | None = None
    captured_lon: float | None = None


def issue(receipt: Receipt, signer: Signer, now: datetime) -> str:
    """The receipt as a JWS, valid for 7 days."""
    claims: dict[str, Any] = {"aud": "media", **receipt.model_dump(mode="json", exclude_none=True)}
    return signer.sign("media-receipt", claims, now, RECEIPT_LIFETIME.total_seconds())


def accept(token: str, keys: KeyFile, owner: str, now: datetime) -> Receipt:
    """The receipt, if the gateway signed it for this owner; 422 `media_receipt_bad` otherwise."""
    try:
        longest = RECEIPT_LIFETIME.total_seconds()
        claims = verify(token, keys, typ="media-receipt", audience="media", longest=longest, now=now)
    except Unauthenticated as error:
        raise BadReceipt from error
    receipt = Receipt.model_validate(claims)
    if receipt.owner != owner:
        raise BadReceipt
    return receipt


def signed_path(media_id: UUID, variant: Variant, keys: Sequence[bytes], now: datetime) -> str:
    """A path that anybody may read for one to two hours; the same all through an hour, so that ETags hold.

    `keys` are Settings.media_keys: the first signs.
    """
    expires = (int(now.timestamp()) // _HOUR + 2) * _HOUR
    sig = signature(media_id, variant, expires, keys[0])
    return f"/v1/media/{media_id}?v={variant}&exp={expires}&sig={sig}"


def signature(media_id: UUID, variant: str, expires: int, secret: bytes) -> str:
    """base64url of HMAC-SHA-256 over id, variant and expiry (Unix seconds)."""
    digest = hmac.digest(secret, f"{media_id}|{variant}|{expires}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def may_read(
    media_id: UUID, variant: str, expires: int, offered: str, keys: Sequence[bytes], now: datetime
) -> bool:
    """Whether the signature is ours, by whichever key, and still valid (for two hours at most)."""
    ours = [signature(media_id, variant, expires, key).encode() for key in keys]
    good = any(hmac.compare_digest(each, offered.encode()) for each in ours)
    return good and now.timestamp() < expires <= now.timestamp() + 2 * _HOUR
