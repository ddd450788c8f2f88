"""Which days the city's calendar makes special: holidays, and the month of Ramadan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hijridate import Gregorian, Hijri

from svc_tourism.hours.rules.words import MONTHS

_RAMADAN, _SHAWWAL = 9, 10


@dataclass(frozen=True, slots=True)
class Fast:
    """The first and the last day of one Ramadan."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, eq=False)
class CityDays:
    """What a city knows of its days; `centre` is (lat, lon) in degrees, for sunrise and sunset."""

    zone: ZoneInfo
    centre: tuple[float, float]
    is_holiday: Callable[[date], bool]
    fasts: Sequence[Fast] = ()
    """Those that were announced; all others are estimated."""

    def holidays(self, year: int) -> list[date]:
        """National holidays and joint leave of a year, in order."""
        first = date(year, 1, 1)
        return [
            day for n in range(366) if (day := first + timedelta(n)).year == year and self.is_holiday(day)
        ]

    def ramadans(self, year: int) -> list[Fast]:
        """Those that begin in a year: as announced, or by the Umm al-Qura calendar, which may be a day off.

        Source of the estimate: hijridate. Indonesia's government announces the day itself (sidang isbat).
        """
        announced = [fast for fast in self.fasts if fast.first.year == year]
        return announced or [fast for fast in _estimated(year) if fast.first.year == year]

    def is_ramadan(self, day: date) -> bool:
        """Whether it lies in a Ramadan."""
        years = (day.year - 1, day.year)
        return any(fast.first <= day <= fast.last for year in years for fast in self.ramadans(year))


def in_osm_days(days: Sequence[date]) -> str:
    """`2026 Aug 17,2026 Dec 25`: dates as a selector of the grammar."""
    return ",".join(_day(day) for day in days)


def in_osm_range(fast: Fast) -> str:
    """`2026 Feb 19-2026 Mar 20`."""
    return f"{_day(fast.first)}-{_day(fast.last)}"


def _day(day: date) -> str:
    return f"{day.year} {MONTHS[day.month - 1]} {day.day:02d}"


@lru_cache(32)
def _estimated(year: int) -> tuple[Fast, ...]:
    """Those that touch a year; none beyond the calendar's tables (1924–2077)."""
    try:
        first, last = (Gregorian(year, *day).to_hijri().year for day in ((1, 1), (12, 31)))
        return tuple(_fast(hijri) for hijri in range(first, last + 1))
    except OverflowError:
        return ()


def _fast(hijri: int) -> Fast:
    begins, feast = (Hijri(hijri, month, 1).to_gregorian() for month in (_RAMADAN, _SHAWWAL))
    return Fast(date(*begins.datetuple()), date(*feast.datetuple()) - timedelta(days=1))
