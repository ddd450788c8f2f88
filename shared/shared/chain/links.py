"""The hash that ties an entry to everything before it (pure)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

START = bytes(32)


def canonical(entry_id: str, entity_id: str, entity_version: int, facts: Mapping[str, Any]) -> bytes:
    """The entry as RFC 8785 canonical JSON (JCS)."""
    return rfc8785.dumps(
        {"entity": entity_id, "facts": dict(facts), "id": entry_id, "version": entity_version}
    )


def link(previous: bytes, content: bytes) -> bytes:
    """SHA-256(previous hash ‖ canonical entry), 32 bytes."""
    return sha256(previous + content).digest()
