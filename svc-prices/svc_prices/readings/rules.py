"""How far back a change is looked for, how old a price may be, how far a market is."""

import math

SPANS = (1, 7, 30)
NEAR_DAYS = 3
"""A change against n days is against the nearest published day that is not later, at most 3 days away."""
OLDEST_DAYS = 14
"""Older prices are shown with their age, and count in no basket and no spread."""
LONGEST_DAYS = 1_098
"""Three years with a leap day, and today."""
_EARTH_M = 6_371_008.8


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Metres along the great circle between two points (lat, lon in degrees), by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return round(2 * _EARTH_M * math.asin(math.sqrt(min(h, 1.0))))
