"""Which notices somebody sees now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

MOST_PLANNED = 100
"""In force or still to come."""
MOST_SHOWN = 5
KEPT = timedelta(days=365)
_WEIGHT = {"danger": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice as requests read it; texts are {id, en}."""

    id: UUID
    level: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    platforms: tuple[str, ...]
    areas: tuple[str, ...]
    link: str | None
    starts_at: datetime
    ends_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.starts_at <= now < self.ends_at


def in_force(planned: Iterable[Planned], platform: str, now: datetime) -> list[Planned]:
    """The gravest first, of those the newest; at most five, as nobody reads more."""
    shown = [
        each for each in planned if each.holds(now) and (not each.platforms or platform in each.platforms)
    ]
    newest = sorted(shown, key=lambda each: each.starts_at, reverse=True)
    return sorted(newest, key=lambda each: _WEIGHT[each.level])[:MOST_SHOWN]
