"""Writing an entry: facts without free text, in the writer's own transaction."""

import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending
from shared.chain.links import canonical
from shared.ids import new_id

Fact = str | int | bool | None


async def append(
    session: AsyncSession, entity_id: UUID, entity_version: int, facts: Mapping[str, Any]
) -> UUID:
    """Writes one entry; the sequencer chains it after commit.

    Facts are strings, integers, booleans, None, and lists or mappings of them: coordinates go as strings and
    free text as `text_digest`, so that the text itself can be erased. ValueError for what RFC 8785 cannot
    write, such as an integer beyond 2^53: the chain would stand still behind it for ever.
    """
    entry_id = new_id()
    told = checked(facts)
    canonical(str(entry_id), str(entity_id), entity_version, told)
    row = {"id": entry_id, "entity_id": entity_id, "entity_version": entity_version, "facts": told}
    pending.add(session, "entries", row)
    return entry_id


def text_digest(text: str) -> tuple[str, str]:
    """(salt, SHA-256 of salt and text), both hex; the salt stays with the text and is erased with it."""
    salt = os.urandom(16).hex()
    return salt, sha256(f"{salt}{text}".encode()).hexdigest()


def checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, if RFC 8785 writes their kinds in only one way; TypeError for a float or a date."""
    for name, value in facts.items():
        _check(name, value)
    return dict(facts)


def _check(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check(f"{name}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(name, inner)
    elif not isinstance(value, Fact):
        raise TypeError(f"ledger fact {name!r}: {type(value).__name__}; write it as a string or an integer")
