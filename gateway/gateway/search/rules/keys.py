"""What a document is filtered by, as words of one index: type, areas, squares of the map, spans of time.

Filters that are words stand in the same GIN index as the text, so that PostgreSQL walks their lists together
and skips what is not in all of them, however long each is.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EARTH_M = 6_371_008.8
_DEGREE_M = EARTH_M * math.pi / 180
#: Sides of the squares, in degrees: some 500 m, 4.5 km, 35 km.
_SIDES = (0.005, 0.04, 0.32)
_MOST_SQUARES = 25
_SPAN = 8
_LEVELS = 4  # spans of 1, 8, 64 and 512 days
MOST_RADIUS_M = 50_000


class Slice(NamedTuple):
    """A stretch of time, newest first: from `since` (inclusive, None: the beginning) to `before` (exclusive).

    `keys`: the spans in which everything of it lies, empty where it has no beginning.
    """

    keys: tuple[str, ...]
    since: datetime | None
    before: datetime | None


def type_key(name: str) -> str:
    """Of the documents of one type."""
    return f"t:{name}"


def area_key(code: str) -> str:
    """Of the documents in one area, the areas inside included."""
    return f"a:{code}"


def keys_of(
    type_name: str, area: str | None, point: tuple[float, float] | None, published_at: datetime
) -> list[str]:
    """All keys of a document; `point` is (lat, lon) in degrees."""
    keys = [type_key(type_name)]
    parts = area.split(".") if area else []
    keys += [area_key(".".join(parts[: n + 1])) for n in range(len(parts))]
    if point is not None:
        keys += [_square(level, *_cell(level, *point)) for level in range(len(_SIDES))]
    day = _day(published_at)
    return keys + [f"d{level}:{day // _SPAN**level}" for level in range(_LEVELS)]


def squares(lat: float, lon: float, radius_m: float) -> list[str]:
    """Squares that cover a circle: of the smallest size of which few are enough."""
    high = radius_m / _DEGREE_M
    wide = high / max(math.cos(math.radians(min(abs(lat) + high, 89))), 0.01)
    for level in range(len(_SIDES)):
        (south, west), (north, east) = (
            _cell(level, lat - high, lon - wide),
            _cell(level, lat + high, lon + wide),
        )
        if (north - south + 1) * (east - west + 1) <= _MOST_SQUARES or level == len(_SIDES) - 1:
            break
    return [_square(level, y, x) for y in range(south, north + 1) for x in range(west, east + 1)]


def slices(newest: datetime) -> Iterator[Slice]:
    """The time before a moment, in stretches each eight times as long as the one before."""
    day, before = _day(newest), None
    for level in range(_LEVELS):
        span = day // _SPAN**level
        since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=(span - 1) * _SPAN**level)
        yield Slice((f"d{level}:{span}", f"d{level}:{span - 1}"), since, before)
        before = since
    yield Slice((), None, before)


def _day(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).days


def _cell(level: int, lat: float, lon: float) -> tuple[int, int]:
    return math.floor(lat / _SIDES[level]), math.floor(lon / _SIDES[level])


def _square(level: int, y: int, x: int) -> str:
    return f"s{level}:{y}:{x}"
