"""What counts as evidence of finished work; pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

DISTANCE_M = 150
"""Farther than this from the reported place, the answer warns (laksa.md)."""
_EARTH_M = 6_371_008.8
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Proof:
    """When and where a file says it was made: its own word (EXIF) counts before what is stated."""

    taken_at: datetime
    stored_at: datetime
    place: tuple[float, float] | None
    stated: bool = False
    """Whether the place is somebody's word and not the file's."""

    def is_after(self, began: datetime, now: datetime) -> bool:
        """Whether it can show a later state than `began`: uploaded since, and by its own word made since.

        Cameras write whole seconds, and their clocks may be five minutes ahead.
        """
        return self.stored_at > began and began.replace(microsecond=0) <= self.taken_at <= now + _SKEW

    def metres_from(self, lat: float, lon: float) -> int | None:
        """Great-circle distance (haversine) to a place in degrees; None if it says no place."""
        if self.place is None:
            return None
        here, there = math.radians(lat), math.radians(self.place[0])
        across = math.radians(self.place[1] - lon)
        half = (
            math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2 + math.sin((there - here) / 2) ** 2
        )
        return round(2 * _EARTH_M * math.asin(math.sqrt(half)))
