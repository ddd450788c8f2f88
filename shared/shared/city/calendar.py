"""Working days and office hours of the city: national holidays, joint leave, due moments."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """Office hours of one day of the week, local time."""

    open: time
    close: time


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When the city's offices work.

    Source: working days and hours of government offices by Perpres 21/2023 (the pack states the city's own);
    national holidays from the `holidays` package (government's yearly joint decree of three ministers, SKB 3
    Menteri); joint leave and days the package has wrong from the pack's holidays.yaml.
    """

    zone: ZoneInfo
    week: Mapping[int, Hours]
    """Monday is 0; a day without hours is no working day."""
    holidays: Container[date]
    joint_leave: frozenset[date]
    worked: frozenset[date]
    """Days worked although the package calls them a holiday."""

    def is_working_day(self, day: date) -> bool:
        """Whether the offices work on this local date."""
        if day.weekday() not in self.week or day in self.joint_leave:
            return False
        return day in self.worked or day not in self.holidays

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The end of office hours, in the city's zone, of the `days`-th working day after the day of `start`.

        The local day of arrival does not count, whatever the hour: day 1 is the next working day, the usual
        count of "hari kerja" in Indonesian public service. ValueError: `start` has no zone, or `days` < 1.
        """
        if start.tzinfo is None:
            raise ValueError("start needs a time zone")
        if days < 1:
            raise ValueError("at least one working day")
        day = start.astimezone(self.zone).date()
        while days:
            day += timedelta(days=1)
            days -= self.is_working_day(day)
        return datetime.combine(day, self.week[day.weekday()].close, self.zone)
