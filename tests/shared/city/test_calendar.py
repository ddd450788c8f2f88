"""Working days: week, national holidays, joint leave, and the moment a deadline ends."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.city.calendar import Hours, WorkCalendar
from shared.city.pack import load_city

JAKARTA = ZoneInfo("Asia/Jakarta")
WEEK = {day: Hours(time(7, 30), time(16, 30) if day == 4 else time(16)) for day in range(5)}
PLAIN = WorkCalendar(JAKARTA, WEEK, {date(2026, 8, 17)}, frozenset({date(2026, 8, 18)}), frozenset())
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return load_city(Path(__file__).parents[3] / "deploy/cities/tangerang").calendar


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 8, 17), False),  # Independence Day
        (date(2026, 3, 20), False),  # joint leave before Eid
        (date(2026, 12, 24), False),  # joint leave before Christmas
        (date(2027, 3, 15), False),  # joint leave after Eid
        (date(2026, 12, 28), True),
    ],
)
def test_national_holidays_and_joint_leave_are_no_working_days(
    calendar: WorkCalendar, day: date, works: bool
) -> None:
    assert calendar.is_working_day(day) is works


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-23T08:00+07:00", 1, "2026-11-24T16:00+07:00"),
        ("2026-11-23T20:00+07:00", 1, "2026-11-24T16:00+07:00"),
        ("2026-11-26T08:00+07:00", 1, "2026-11-27T16:30+07:00"),
        ("2026-11-27T08:00+07:00", 1, "2026-11-30T16:00+07:00"),
        ("2026-11-28T08:00+07:00", 1, "2026-11-30T16:00+07:00"),
        ("2026-11-23T18:30+00:00", 1, "2026-11-25T16:00+07:00"),  # already the 24th in Jakarta
        ("2026-12-22T10:00+07:00", 3, "2026-12-29T16:00+07:00"),  # over Christmas and its joint leave
        ("2026-03-13T10:00+07:00", 5, "2026-03-27T16:30+07:00"),  # over Nyepi and Eid with their joint leave
    ],
)
def test_a_deadline_ends_when_the_office_closes(
    calendar: WorkCalendar, start: str, days: int, due: str
) -> None:
    ends = calendar.add_working_days(datetime.fromisoformat(start), days)
    assert ends == datetime.fromisoformat(due)
    assert ends.tzinfo == JAKARTA


def test_joint_leave_and_worked_days_of_the_pack_come_before_the_package() -> None:
    assert not PLAIN.is_working_day(date(2026, 8, 17))
    assert not PLAIN.is_working_day(date(2026, 8, 18))
    worked = WorkCalendar(JAKARTA, WEEK, {date(2026, 8, 17)}, frozenset(), frozenset({date(2026, 8, 17)}))
    assert worked.is_working_day(date(2026, 8, 17))


@given(MOMENTS, st.integers(1, 60))
def test_exactly_that_many_working_days_lie_between(start: datetime, days: int) -> None:
    due = PLAIN.add_working_days(start, days)
    first = start.astimezone(JAKARTA).date()
    passed = [first + timedelta(days=n) for n in range(1, (due.date() - first).days + 1)]
    assert sum(PLAIN.is_working_day(day) for day in passed) == days
    assert PLAIN.is_working_day(due.date())
    assert due.time() == WEEK[due.weekday()].close


@given(MOMENTS, MOMENTS, st.integers(1, 30))
def test_who_comes_first_is_due_first_and_days_add_up(one: datetime, other: datetime, days: int) -> None:
    early, late = sorted((one, other))
    assert PLAIN.add_working_days(early, days) <= PLAIN.add_working_days(late, days)
    assert PLAIN.add_working_days(PLAIN.add_working_days(one, days), 1) == PLAIN.add_working_days(
        one, days + 1
    )


def test_a_start_without_zone_and_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        PLAIN.add_working_days(datetime(2026, 1, 1), 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="at least one"):
        PLAIN.add_working_days(datetime(2026, 1, 1, tzinfo=UTC), 0)
