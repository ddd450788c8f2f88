"""What a photo's EXIF says of when and where it was taken; whatever is malformed counts as not said."""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

_MOMENTS = ((0x9003, 0x9011), (0x9004, 0x9012))  # original, then digitized: (time, offset); EXIF 2.31
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_YEARS = range(1990, 2100)  # outside them the camera's clock was never set
_SOUTH_WEST = {"S", "W"}


def taken_at(tags: Mapping[int, Any]) -> str | None:
    """ISO 8601 time of the photo, with an offset only if the camera wrote one; `tags` is the EXIF IFD."""
    for time_tag, offset_tag in _MOMENTS:
        offset = _text(tags.get(offset_tag))
        with suppress(ValueError):
            moment = datetime.strptime(_text(tags.get(time_tag)), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
            if moment.year in _YEARS:
                return moment.isoformat() + _good_offset(offset)
    return None


def position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, WGS 84, of a GPS IFD; 0,0 is what a camera writes without a fix."""
    with suppress(ValueError, TypeError, ZeroDivisionError, OverflowError):
        lat = _degrees(gps[2], _text(gps.get(1)), 90) if 2 in gps else math.nan
        lon = _degrees(gps[4], _text(gps.get(3)), 180) if 4 in gps else math.nan
        if math.isfinite(lat) and math.isfinite(lon) and (lat, lon) != (0, 0):
            return lat, lon
    return None


def _degrees(parts: Any, reference: str, most: float) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3_600
    if not 0 <= value <= most:
        return math.nan
    return round(-value if reference.upper() in _SOUTH_WEST else value, 7)


def _text(value: Any) -> str:
    raw = value.decode("latin-1") if isinstance(value, bytes) else value
    return raw.strip(" \0") if isinstance(raw, str) else ""


def _good_offset(text: str) -> str:
    """The offset, or nothing if it is not one that exists (-12:00 to +14:00)."""
    if not _OFFSET.fullmatch(text):
        return ""
    hours, minutes = int(text[1:3]), int(text[4:])
    return text if hours <= 14 and minutes < 60 else ""
