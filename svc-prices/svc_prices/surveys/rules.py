"""Which market is due on a day, and by when."""

from collections.abc import Sequence
from datetime import date, time
from typing import Literal, NamedTuple, get_args

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Planned(NamedTuple):
    """One line of a market's plan: days of the week as bits (1 is Monday), local time."""

    weekdays: int
    by: time


def bits(days: Sequence[Weekday]) -> int:
    """Days of the week as a sum of powers of two."""
    return sum({1 << WEEKDAYS.index(day) for day in days})


def days_of(weekdays: int) -> list[Weekday]:
    """The reverse."""
    return [day for position, day in enumerate(WEEKDAYS) if weekdays >> position & 1]


def due_by(plan: Sequence[Planned], day: date, working_day: bool, otherwise: time) -> time | None:
    """Until when (local time) a market is surveyed that day; None if it is not due.

    By the latest hour of those planned for the day. A market without any plan is due on working days.
    """
    if not plan:
        return otherwise if working_day else None
    hours = [each.by for each in plan if each.weekdays >> day.weekday() & 1]
    return max(hours, default=None)
