"""What is known of a way without a road network, and what to think of a way an engine gave."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from shared.city.areas_file import BoundingBox

Mode = Literal["foot", "bicycle", "motorcycle", "car"]
Place = tuple[float, float]
"""Latitude and longitude in degrees (WGS 84)."""

EARTH_M = 6_371_008.8  # mean radius, IUGG
DETOUR, LONGEST_DETOUR = 1.45, 2.35
KM_PER_HOUR: Mapping[Mode, float] = {"foot": 5, "bicycle": 15, "motorcycle": 25, "car": 20}
FARTHEST_ROAD_M = 1_000
_KM_PER_DEGREE = EARTH_M * math.pi / 180 / 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Metres and seconds: what is likely, and what it should not exceed."""

    distance_m: float
    longest_m: float
    duration_s: float
    longest_s: float


def estimate(places: Sequence[Place], mode: Mode) -> Estimate:
    """The length of a way along these places, from the straight line alone.

    Measured detour factors of the design: a way in this city is 1.45 times the great circle in the median,
    and up to 2.35 times it. Speeds: walking and cycling those of OSRM's profiles (5 and 15 km/h); 25 and
    20 km/h for motorcycle and car in the city's traffic are assumptions, not measured.
    """
    straight = sum(great_circle_m(a, b) for a, b in pairwise(places))
    metres_per_second = KM_PER_HOUR[mode] / 3.6
    likely, longest = straight * DETOUR, straight * LONGEST_DETOUR
    return Estimate(likely, longest, likely / metres_per_second, longest / metres_per_second)


def great_circle_m(a: Place, b: Place) -> float:
    """Metres between two places on the sphere (haversine formula)."""
    (south, west), (north, east) = (tuple(map(math.radians, place)) for place in (a, b))
    across = math.sin((north - south) / 2) ** 2
    along = math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, across + along)))


def widened(box: BoundingBox, km: float) -> BoundingBox:
    """The box with a margin of so many kilometres on each side."""
    up = km / _KM_PER_DEGREE
    aside = up / max(math.cos(math.radians((box.south + box.north) / 2)), 0.01)
    return BoundingBox(
        south=max(box.south - up, -90),
        north=min(box.north + up, 90),
        west=max(box.west - aside, -180),
        east=min(box.east + aside, 180),
    )


def leads_there(line: Sequence[tuple[float, float]], places: Sequence[Place], box: BoundingBox) -> bool:
    """Whether a line (longitude, latitude) stays in the box and ends near where it was asked to.

    An engine takes the nearest road it knows, which may be in another town: that is no way from here.
    """
    ends = ((line[0], places[0]), (line[-1], places[-1]))
    near = all(great_circle_m((lat, lon), place) <= FARTHEST_ROAD_M for (lon, lat), place in ends)
    return near and all(box.holds(lat, lon) for lon, lat in line)


def geo_link(place: Place) -> str:
    """RFC 5870: any map on the device opens it."""
    return f"geo:{place[0]:.6f},{place[1]:.6f}"
