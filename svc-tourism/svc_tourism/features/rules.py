"""What a request for features asks for: parameters read strictly, as OGC 17-069r4 wants them."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.errors import BadRequest, FieldError

DEFAULT_LIMIT, MOST = 100, 1_000
_WHOLE = re.compile(r"[0-9]+")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
#: The longest text each parameter may have; those not named here are properties to filter by.
LONGEST: Mapping[str, int] = {"limit": 20, "bbox": 200, "datetime": 100, "cursor": 1_000}
LONGEST_VALUE = 200


class BadParameter(BadRequest):
    code = "bad_parameter"


class UnknownParameter(BadRequest):
    code = "unknown_parameter"


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, CRS84; `west` lies east of `east` where the box spans the 180th meridian (RFC 7946, 5.2)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def parts(self) -> tuple["Box", ...]:
        """The box itself, or its halves on either side of the 180th meridian."""
        if self.west <= self.east:
            return (self,)
        return replace(self, east=180.0), replace(self, west=-180.0)


@dataclass(frozen=True, slots=True)
class Period:
    """Both ends belong to it; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of a collection."""

    limit: int = DEFAULT_LIMIT
    box: Box | None = None
    period: Period | None = None
    filters: tuple[tuple[str, str], ...] = ()
    cursor: str | None = None

    def narrowed(self, collection: str) -> dict[str, Any]:
        """What a cursor is bound to."""
        return {"collection": collection, "box": self.box, "period": self.period, "filters": self.filters}


def read_parameters(given: Iterable[tuple[str, str]], queryables: Collection[str]) -> Wanted:
    """The parameters of `/items`. 400 `unknown_parameter` or `bad_parameter`, naming the parameter."""
    said = once(given)
    known = {"limit", "bbox", "datetime", "cursor", *queryables}
    refuse_unknown(said, known)
    for name, text in said.items():
        if len(text) > (longest := LONGEST.get(name, LONGEST_VALUE)):
            raise _bad(name, "string_too_long", max_length=longest)
    filters = tuple(sorted((name, _value(name, said[name])) for name in queryables if name in said))
    return Wanted(
        limit=_limit(said["limit"]) if "limit" in said else DEFAULT_LIMIT,
        box=_box(said["bbox"]) if "bbox" in said else None,
        period=_period(said["datetime"]) if "datetime" in said else None,
        filters=filters,
        cursor=said.get("cursor"),
    )


def once(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each parameter with its value; 400 if one is there twice."""
    said: dict[str, str] = {}
    for name, value in given:
        if name in said:
            raise _bad(name, "repeated")
        said[name] = value
    return said


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """400 `unknown_parameter` (requirement /req/core/query-param-unknown)."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownParameter(errors=[FieldError(name[:40], "unknown_parameter") for name in unknown[:5]])


def _bad(name: str, code: str, **params: Any) -> BadParameter:
    return BadParameter(errors=[FieldError(name[:40], code, params)])


def _limit(text: str) -> int:
    """A larger limit than 1,000 means 1,000: asking for much is no error (/req/core/fc-limit-response-1)."""
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        raise _bad("limit", "greater_than_equal", ge=1)
    return min(int(text), MOST)


def _box(text: str) -> Box:
    """Four numbers, or six with heights, which mean nothing on a flat map."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise _bad("bbox", "bbox_numbers") from None
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise _bad("bbox", "bbox_numbers")
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if not (min(west, east) >= -180 and max(west, east) <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", "bbox_range")
    return Box(west, south, east, north)


def _period(text: str) -> Period:
    """A moment, or an interval with `..` or nothing for an open end."""
    parts = text.split("/")
    if len(parts) == 1:
        moment = _moment(parts[0])
        return Period(moment, moment)
    if len(parts) != 2:
        raise _bad("datetime", "datetime_interval")
    start, end = (None if part in ("", "..") else _moment(part) for part in parts)
    if (start is None and end is None and text == "/") or (start and end and start > end):
        raise _bad("datetime", "datetime_interval")
    return Period(start, end)


def _moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise _bad("datetime", "datetime_interval")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad("datetime", "datetime_interval") from None


def _value(name: str, text: str) -> str:
    if not text or "\x00" in text:
        raise _bad(name, "invalid")
    return text
