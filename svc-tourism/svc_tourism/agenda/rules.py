"""How long an event of the agenda is shown, and kept; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Of an event that does not say when it ends, this long after it was published, or begins.
SHOWN = timedelta(days=30)
#: An older version that arrives late must not bring back what is over or withdrawn.
KEPT = timedelta(days=35)


def ends_at(
    published_at: datetime, expires_at: datetime | None, starts_at: datetime | None, over_at: datetime | None
) -> datetime:
    """When it leaves the list: not before it is over, unless its publisher says so."""
    return expires_at or over_at or max(published_at, starts_at or published_at) + SHOWN


@dataclass(frozen=True, slots=True)
class Around:
    """Around which place or point (lat, lon), how far; or in which district; or nothing of these."""

    place: str | None
    at: tuple[float, float] | None
    radius_m: int
    district: str | None
