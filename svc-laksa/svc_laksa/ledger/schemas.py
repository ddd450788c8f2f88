"""A link of the chain with its entry."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.schemas import Out


class LinkOut(Out):
    """`hash` = SHA-256(previous hash ‖ RFC 8785 JSON of {entity, facts, id, version}), hex; link 0: zeros."""

    seq: int
    hash: str
    id: UUID
    entity: UUID
    version: int
    facts: dict[str, Any]

    @classmethod
    def of(cls, row: Row[Any]) -> "LinkOut":
        """From a row of `queries.links_after`."""
        return cls(
            seq=row.seq,
            hash=row.hash.hex(),
            id=row.id,
            entity=row.entity_id,
            version=row.entity_version,
            facts=row.facts,
        )
