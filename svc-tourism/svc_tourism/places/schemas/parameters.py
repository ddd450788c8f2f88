"""What a request says beside its body: which place, in which language, which part of a list."""

import math
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from shared.city.areas import District
from shared.errors import FieldError, Unprocessable
from shared.replies import IfMatch
from shared.runtime import Run
from shared.schemas import Latitude, Longitude
from svc_tourism.pack import PlaceCategories
from svc_tourism.places import rules
from svc_tourism.places.documents import Words
from svc_tourism.places.queries import Box, Filters
from svc_tourism.places.rules import Target

Ref = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,120}$", description="The place's id or slug")]


async def _edited(ref: Ref, if_match: IfMatch = None) -> Target:
    return Target(ref, if_match)


async def _words(request: Request) -> Words:
    run = request.app.state.runtime
    return Words(run, request.scope["city"].language, run.clock.now())


async def _where(
    run: Run,
    category: Annotated[str | None, Query(max_length=60, description="A category's code")] = None,
    district: Annotated[str | None, Query(max_length=40, description="A district's code")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Beginning of the Indonesian name")] = None,
    bbox: Annotated[
        str | None,
        Query(
            max_length=100,
            description="west,south,east,north in degrees; the list then goes outward from its middle",
            examples=["106.60,-6.20,106.66,-6.14"],
        ),
    ] = None,
    lat: Annotated[Latitude | None, Query(description="With `lon`: the list goes outward from here")] = None,
    lon: Annotated[Longitude | None, Query()] = None,
) -> Filters:
    """What the public list is narrowed to; 422 for a code nobody knows."""
    if category is not None and category not in run.part(PlaceCategories).by_code:
        raise Unprocessable(errors=[FieldError("category", "unknown")])
    if district is not None and not isinstance(run.city.areas.find(district), District):
        raise Unprocessable(errors=[FieldError("district", "unknown")])
    if (lat is None) != (lon is None):
        raise Unprocessable(errors=[FieldError("lat" if lat is None else "lon", "missing")])
    here = (
        rules.plane_of(run.city.bounding_box).metres(lat, lon)
        if lat is not None and lon is not None
        else None
    )
    return Filters(category, district, _prefix(q or ""), _box(run, bbox), here)


def _prefix(q: str) -> str:
    """What names begin with; of a text without a letter or digit: nothing, and not everything."""
    return rules.name_key(q) or ("~" if q.strip() else "")


def _box(run: Run, text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Unprocessable(errors=[FieldError("bbox", "invalid")]) from error
    on_earth = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    if not on_earth or not all(map(math.isfinite, (west, south, east, north))):
        raise Unprocessable(errors=[FieldError("bbox", "invalid")])
    plane = rules.plane_of(run.city.bounding_box)
    return Box(*plane.metres(south, west), *plane.metres(north, east))


Edited = Annotated[Target, Depends(_edited)]
"""The place of the path, for editors; a header says which version they saw."""
Where = Annotated[Filters, Depends(_where)]
"""The filters of the public list."""
InWords = Annotated[Words, Depends(_words)]
"""The language of the answer."""
