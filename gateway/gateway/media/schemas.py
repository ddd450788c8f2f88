"""What travels over HTTP."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.errors import IdempotencyKeyBad, UnsupportedMediaType
from shared.schemas import Out, Point

ACCEPTED = ("image/jpeg", "image/png", "image/webp")
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,200}")


class UrlsOut(Out):
    """Paths that anybody may read for one to two hours."""

    thumb: str
    small: str
    full: str


class MediaOut(Out):
    """An uploaded photo. Other requests send its `receipt`; size (bytes) and type are of the full variant."""

    media_id: UUID
    receipt: str
    type: str
    size: int
    captured_at: datetime | None
    captured_point: Point | None
    urls: UrlsOut


def refuse_other_types(content_type: str) -> None:
    """415 unless the type stated for a file is one of ours; what is in it is judged by its decoder."""
    if content_type.partition(";")[0].strip().lower() not in ACCEPTED:
        raise UnsupportedMediaType(accepted=", ".join(ACCEPTED))


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The key, if one was sent; 400 `idempotency_key_bad` for one that is none."""
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise IdempotencyKeyBad
    return key
