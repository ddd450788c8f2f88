"""Opening hours over HTTP: what an editor tries before it is kept."""

from collections.abc import Sequence

from shared.schemas import In, Out
from svc_tourism.hours.rules import Day, Written
from svc_tourism.places.documents import Words
from svc_tourism.places.schemas import DayOut, HoursText


class HoursIn(In):
    """Opening hours to be understood; nothing is kept."""

    hours: HoursText


class HoursReadOut(Out):
    """In OSM's grammar, and what that means for the next seven days."""

    opening_hours: str | None
    ramadan_hours: str | None
    days: Sequence[DayOut]

    @classmethod
    def of(cls, read: tuple[Written, Sequence[Day]], words: Words) -> "HoursReadOut":
        """In words."""
        written, days = read
        return cls(
            opening_hours=written.opening_hours,
            ramadan_hours=written.ramadan_hours,
            days=[DayOut.of(each, words) for each in days],
        )
