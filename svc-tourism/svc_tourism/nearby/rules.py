"""What somebody looks for nearby, and when she would be there; pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from svc_tourism.routes.rules import DETOUR, KM_PER_HOUR, LONGEST_DETOUR, Mode

MOST_KINDS, MOST_OF_A_KIND, USUALLY = 8, 20, 3
_PART = re.compile(r"([a-z0-9][a-z0-9._-]{0,59})(?::([0-9]{1,2}))?")


class BadMix(ValueError):
    """A mix that names what nobody knows, something twice, or too much."""


def mix_of(text: str, known: Collection[str]) -> list[tuple[str, int]]:
    """`place_of_worship:3,fuel:2,atm` → kinds and how many of each (3 where it is not said); BadMix."""
    wanted: dict[str, int] = {}
    for part in text.split(","):
        told = _PART.fullmatch(part.strip())
        if told is None or told[1] not in known or told[1] in wanted:
            raise BadMix(part)
        wanted[told[1]] = int(told[2] or USUALLY)
    if len(wanted) > MOST_KINDS or not all(1 <= count <= MOST_OF_A_KIND for count in wanted.values()):
        raise BadMix(text)
    return list(wanted.items())


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for, from where (lat, lon in degrees), how she goes, and when she is there."""

    place: tuple[float, float]
    mix: list[tuple[str, int]]
    mode: Mode
    arrive_at: datetime | None
    only_open: bool


@dataclass(frozen=True, slots=True)
class Trip:
    """The way to a place, estimated: metres and seconds, likely and at most; arrival by the likely one."""

    distance_m: int
    longest_m: int
    duration_s: int
    longest_s: int
    arrives_at: datetime


def trip(straight_m: float, mode: Mode, now: datetime, arrives_at: datetime | None = None) -> Trip:
    """By the detour factors and speeds of `routes.rules.estimate`; at a stated time of arrival, by that.

    One arrives at a full minute: an estimate knows no seconds, and repeats within one are the same answer.
    """
    metres_per_second = KM_PER_HOUR[mode] / 3.6
    likely, longest = straight_m * DETOUR, straight_m * LONGEST_DETOUR
    seconds = likely / metres_per_second
    there = arrives_at or _full_minute(now + timedelta(seconds=seconds))
    return Trip(round(likely), round(longest), round(seconds), round(longest / metres_per_second), there)


def _full_minute(moment: datetime) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)
