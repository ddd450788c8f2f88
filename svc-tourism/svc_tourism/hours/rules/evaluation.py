"""Opening hours on the days of a city: the state now, the next change, the hours of a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from opening_hours import OpeningHours, State

from svc_tourism.hours.rules.days import CityDays, in_osm_days, in_osm_range
from svc_tourism.hours.rules.grammar import DATED, SELECTOR, in_days, open_days, rules_of

StateName = Literal["open", "closed", "unknown"]
_NAMES: dict[State, StateName] = {State.OPEN: "open", State.CLOSED: "closed", State.UNKNOWN: "unknown"}
_KEPT = 2_048
_HORIZON_DAYS = 370


class Hours(NamedTuple):
    """The two expressions of a place; None: nobody told."""

    usual: str | None
    ramadan: str | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """How it stands at a moment, until when (None: for a year at least), and why: the hours' own comment."""

    state: StateName
    changes_at: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Open, or perhaps open (`sure` is False), from and to; local time, the end may lie on the next day."""

    start: datetime
    end: datetime
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """One local day; `known` is False where nothing is told of the hours."""

    date: date
    ranges: tuple[Range, ...]
    known: bool
    holiday: bool
    ramadan: bool


class CityHours:
    """Evaluates expressions in the city's zone; remembers the last 2,048 of them, for many places share one.

    Holidays (PH) become the pack's own dates, and Ramadan's rules stand before theirs: a holiday in Ramadan
    is a holiday.
    """

    def __init__(self, days: CityDays) -> None:
        self.days = days
        self._holidays = lru_cache(8)(self._holidays_around)
        self._fasts = lru_cache(8)(self._fasts_around)
        self._made = lru_cache(_KEPT)(self._make)
        self._at = lru_cache(_KEPT)(self._look)

    def now(self, hours: Hours, moment: datetime) -> Now:
        """The state at a moment, to the minute; without hours it is unknown."""
        if not any(hours):
            return Now("unknown")
        return self._at(hours, moment.astimezone(self.days.zone).replace(second=0, microsecond=0))

    def day(self, hours: Hours, day: date) -> Day:
        """The hours that begin on a local day."""
        return next(self.days_from(hours, day, 1))

    def days_from(self, hours: Hours, first: date, count: int) -> Iterator[Day]:
        """The hours of `count` days; what is open for more than a day is told day by day."""
        ranges = list(self._ranges(hours, first, count))
        for day in (first + timedelta(n) for n in range(count)):
            own = tuple(each for each in ranges if each.start.date() == day)
            fasting = self.days.is_ramadan(day)
            yield Day(day, own, any(hours), self.days.is_holiday(day), fasting)

    def _ranges(self, hours: Hours, first: date, count: int) -> Iterator[Range]:
        if not any(hours):
            return
        begin, end = (self._midnight(first + timedelta(n)) for n in (0, count))
        made = self._made(hours, first.year)
        for start, until, state, _ in made.intervals(begin - timedelta(days=1), end + timedelta(days=1)):
            if state is not State.CLOSED:
                for part in _by_day(start, until):
                    if begin <= part[0] < end:
                        yield Range(*part, sure=state is State.OPEN)

    def _look(self, hours: Hours, moment: datetime) -> Now:
        made = self._made(hours, moment.year)
        state, comment = made.state(moment)
        changes = made.next_change(moment)
        return Now(_NAMES[state], changes and changes.astimezone(self.days.zone), comment)

    def _make(self, hours: Hours, year: int) -> OpeningHours:
        return OpeningHours(
            self.spelled_out(hours, year),
            timezone=self.days.zone,
            coords=self.days.centre,
            auto_country=False,
            max_interval_days=_HORIZON_DAYS,
        )

    def spelled_out(self, hours: Hours, year: int) -> str:
        """The expression for a year and its neighbours: holidays as dates, Ramadan's rules in their time."""
        before: list[str] = []
        behind: list[str] = []
        for rule in rules_of(hours.usual or "unknown"):
            days, holidays = self._apart(rule, year)
            special = behind or holidays or DATED.match(rule)
            (behind if special else before).extend(each for each in (days, holidays) if each)
        return "; ".join([*before, *self._fasting(hours, year), *behind])

    def _apart(self, rule: str, year: int) -> tuple[str, str]:
        """(the rule for weekdays, the same for the dates of holidays); one of them may be empty."""
        selects = SELECTOR.fullmatch(rule)
        if selects is None or "PH" not in selects["days"]:
            return rule, ""
        rest = selects["rest"]
        weekdays = ",".join(day for day in selects["days"].replace(" ", "").split(",") if day != "PH")
        dates = self._holidays(year)
        return weekdays and weekdays + rest, dates and dates + rest

    def _fasting(self, hours: Hours, year: int) -> list[str]:
        """Without days of their own, Ramadan's hours are those of the days that are open anyway."""
        if hours.ramadan is None:
            return []
        usual = f"{in_days(open_days(hours.usual or 'unknown'))} "
        rules = [rule.replace("24/7", "00:00-24:00") for rule in rules_of(hours.ramadan)]
        rules = [rule if SELECTOR.fullmatch(rule) else (usual + rule).strip() for rule in rules]
        return [f"{fast} {rule}" for fast in self._fasts(year) for rule in rules]

    def _holidays_around(self, year: int) -> str:
        """A year's and its neighbours', as a selector."""
        return in_osm_days([day for each in (year - 1, year, year + 1) for day in self.days.holidays(each)])

    def _fasts_around(self, year: int) -> list[str]:
        return [
            in_osm_range(fast) for each in (year - 1, year, year + 1) for fast in self.days.ramadans(each)
        ]

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.days.zone)


def _by_day(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What lasts a day at most stays whole, also over midnight; longer spans are cut at midnight."""
    if (end.astimezone(UTC) - start.astimezone(UTC)) <= timedelta(days=1):
        yield start, end
        return
    while start < end:
        midnight = (start + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        yield start, min(midnight, end)
        start = midnight
