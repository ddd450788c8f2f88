"""When an event is held: whole days or hours, in the city's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Events outside of these are slips of the keyboard; the agenda orders by the distance to the first."""
LONGEST = timedelta(days=366)


class Misfit(ValueError):
    """`field` and `code` of what is wrong with an event's times."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True)
class Held:
    """From when to when; `over_at` is when nobody needs to hear of it any more, even if no end was given."""

    starts_at: datetime
    ends_at: datetime | None
    over_at: datetime


def held(
    starts_at: datetime | None,
    ends_at: datetime | None,
    starts_on: date | None,
    ends_on: date | None,
    zone: ZoneInfo,
) -> Held:
    """The stretch of time; Misfit unless either moments or days are given, in order, for 366 days at most.

    Days end at the midnight after the last one; an event without an end is over with its day.
    """
    if (starts_at is None) == (starts_on is None):
        raise Misfit("starts_at", "either_time_or_day")
    if starts_on is not None:
        if ends_at is not None:
            raise Misfit("ends_at", "either_time_or_day")
        last = ends_on or starts_on
        return _checked(_midnight(starts_on, zone), _midnight(_next(last), zone), "ends_on")
    if ends_on is not None or starts_at is None:
        raise Misfit("ends_on", "either_time_or_day")
    if ends_at is None:
        over = _midnight(_next(starts_at.astimezone(zone).date()), zone)
        return Held(_checked(starts_at, over, "starts_at").starts_at, None, over)
    return _checked(starts_at, ends_at, "ends_at")


def _checked(starts: datetime, ends: datetime, field: str) -> Held:
    if not FIRST <= starts < LAST:
        raise Misfit("starts_on" if field == "ends_on" else "starts_at", "out_of_range")
    if ends <= starts:
        raise Misfit(field, "ends_before_start")
    if ends - starts > LONGEST:
        raise Misfit(field, "too_far_apart")
    return Held(starts, ends, ends)


def _next(day: date) -> date:
    return min(day, date(9000, 1, 1)) + timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
