"""How long an event of the agenda is shown, and kept; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Of an event that does not say when it ends, this long after it was published.
SHOWN = timedelta(days=30)
#: An older version that arrives late must not bring back what is over or withdrawn.
KEPT = timedelta(days=35)


def ends_at(published_at: datetime, expires_at: datetime | None) -> datetime:
    """When it leaves the list."""
    return expires_at or published_at + SHOWN


@dataclass(frozen=True, slots=True)
class Around:
    """Around which place or point (lat, lon), how far; or in which district; or nothing of these."""

    place: str | None
    at: tuple[float, float] | None
    radius_m: int
    district: str | None
