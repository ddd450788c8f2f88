"""Keyset cursors: opaque, bound to the filters they were made for."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query

from shared.errors import BadCursor

Limit = Annotated[int, Query(ge=1, le=100, description="How many items at most")]
CursorText = Annotated[str | None, Query(max_length=500, description="`next` of the page before")]


def encode(position: Sequence[Any], filters: Mapping[str, Any]) -> str:
    """base64url of (sort values and id, digest of the filters)."""
    raw = json.dumps([list(position), _digest(filters)], default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def decode(cursor: str, filters: Mapping[str, Any], length: int) -> list[Any]:
    """The sort values; 400 `bad_cursor` if it is damaged or was made for other filters."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position, digest = json.loads(raw)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    if digest != _digest(filters) or not isinstance(position, list) or len(position) != length:
        raise BadCursor
    return position


def moment(text: Any) -> datetime:
    """A time of a cursor, in UTC; 400 `bad_cursor` if it is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadCursor from error


def word(text: Any) -> str:
    """A text of a cursor that the database can compare; 400 `bad_cursor` if it is none."""
    if not isinstance(text, str) or "\x00" in text or not text.isascii():
        raise BadCursor
    return text


def _digest(filters: Mapping[str, Any]) -> str:
    text = json.dumps(filters, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
