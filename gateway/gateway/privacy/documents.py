"""Rows of the gateway as JSON for their owner."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateway.media.models import Media
from gateway.media.usecases import receipt
from shared.crypto import FieldCipher


def plain(row: object, *names: str) -> dict[str, Any]:
    """These attributes; moments as ISO 8601."""
    values = {name: getattr(row, name) for name in names}
    return {name: _written(value) for name, value in values.items()}


def photos(rows: Iterable[Media], cipher: FieldCipher) -> list[dict[str, Any]]:
    """What is kept of uploads, with time and place as the camera wrote them."""
    return [_photo(row, cipher) for row in rows]


def _photo(row: Media, cipher: FieldCipher) -> dict[str, Any]:
    facts = receipt(row, cipher)
    return {
        "media_id": str(row.id),
        **plain(row, "type", "size", "stored_at", "attached_at"),
        **plain(facts, "captured_at", "captured_lat", "captured_lon"),
    }


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
