"""A search's position as the cursor that a client sends back."""

from collections.abc import Mapping
from typing import Any

from gateway.search.rules.pages import Position
from shared import paging
from shared.errors import BadCursor

_MOST = 2**63 - 1
_NOWHERE = [None, None]


def encode(position: Position, filters: Mapping[str, Any]) -> str:
    """Opaque, bound to the filters."""
    places = [[at.isoformat(), no] for at, no in filter(None, (position.start, position.end))]
    start = places[0] if position.start else _NOWHERE
    end = places[-1] if position.end else _NOWHERE
    return paging.encode([position.as_of.isoformat(), *start, *end, *(position.after or _NOWHERE)], filters)


def decode(cursor: str, filters: Mapping[str, Any]) -> Position:
    """400 `bad_cursor` unless it is one of these filters."""
    as_of, *rest = paging.decode(cursor, filters, 7)
    start, end, after = rest[:2], rest[2:4], rest[4:]
    return Position(
        paging.moment(as_of),
        None if start == _NOWHERE else (paging.moment(start[0]), _number(start[1])),
        None if end == _NOWHERE else (paging.moment(end[0]), _number(end[1])),
        None if after == _NOWHERE else (_number(after[0]), _number(after[1])),
    )


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MOST:
        raise BadCursor
    return value
