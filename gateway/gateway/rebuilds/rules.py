"""Comparing a page of what is held with one of what is owned (pure). Ids are UUIDs, in their text's order."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Held(NamedTuple):
    """One row of a read model, as it stood before its owner was asked."""

    kind: str
    id: str
    version: int


def known_until(held: Sequence[Held], full: bool, following: str | None) -> str | None:
    """The last id up to which both sides are known, None: to the end.

    `full`: more may be held than was read; `following`: the last id of the owner's page, None on the last.
    """
    ends = [held[-1].id] if full and held else []
    ends += [following] if following is not None else []
    return min(ends, default=None)


def gone(held: Sequence[Held], owned: Mapping[str, int], until: str | None) -> list[Held]:
    """What its owner no longer has: held before the owner was asked, and its answer reaches past it."""
    return [row for row in held if row.id not in owned and (until is None or row.id <= until)]


def ahead(held: Sequence[Held], owned: Mapping[str, int]) -> int:
    """How many rows are newer than their owner says: the owner lost something; `owned` is id -> version."""
    return sum(row.version > owned.get(row.id, row.version) for row in held)
