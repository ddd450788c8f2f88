"""How much of a section is sent; and places written plainly."""

import re

from pydantic_core import from_json, to_json

_PLACE = re.compile(rb"lat=(-?[0-9]{1,2}(?:\.[0-9]{1,15})?)&lon=(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")


def plain_place(query: bytes) -> tuple[float, float] | None:
    """Latitude and longitude of a query that says these and nothing else; None if it needs a closer look."""
    found = _PLACE.fullmatch(query)
    if found is None:
        return None
    lat, lon = round(float(found[1]), 7), round(float(found[2]), 7)
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def fit(items: bytes, most: int) -> tuple[bytes, bool]:
    """A JSON array in at most `most` bytes, and whether items had to go from its end. At least `[]`."""
    if len(items) <= most:
        return items, False
    kept, size = [], len("[]")
    for item in from_json(items):
        written = to_json(item)
        size += len(written) + 1
        if size - 1 > most:
            break
        kept.append(written)
    return b"[%s]" % b",".join(kept), True
