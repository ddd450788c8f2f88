"""One clause of written opening hours: on these days, these times."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from svc_tourism.hours.rules.grammar import in_days
from svc_tourism.hours.rules.problems import NotUnderstood
from svc_tourism.hours.rules.words import DAYS, EVERY_DAY

_DAY_MINUTES = 24 * 60
Moment = int | str
"""Minutes after midnight, or OSM's name of a sun event."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of OSM's grammar; a higher `rank` is more special and must stand later."""

    text: str
    rank: int


@dataclass(slots=True)
class Clause:
    """`days` None: none were named, so all are meant. `spans` are (from, to); no end: `+` of the grammar."""

    ramadan: bool = False
    days: set[int] | None = None
    holiday: bool = False
    dates: list[str] = field(default_factory=list)
    """Days of the year, as OSM writes them."""
    spans: list[tuple[Moment, Moment | None]] = field(default_factory=list)
    state: str = ""
    """`off`, `unknown` or `24h` where no times were told."""
    but: set[int] = field(default_factory=set)
    but_holiday: bool = False
    but_dates: list[str] = field(default_factory=list)
    part: str = ""
    """The words it was read from, for an error."""

    @property
    def complete(self) -> bool:
        """Whether it says what is on its days."""
        return bool(self.spans or self.state)

    @property
    def selects(self) -> bool:
        """Whether it names days."""
        return self.days is not None or self.holiday or bool(self.dates)

    def without(self, start: Moment, end: Moment, part: str) -> None:
        """Takes a break out of the span it lies in."""
        for index, (opens, closes) in enumerate(self.spans):
            if not all(isinstance(each, int) for each in (start, end, opens, closes)):
                continue
            if _within(opens, closes, start, end):  # type: ignore[arg-type]
                parts = [(opens, start), (end, closes)]
                self.spans[index : index + 1] = [(a, b) for a, b in parts if a != b]
                return
        raise NotUnderstood("hours_break_outside", part)

    def rules(self) -> Iterator[Rule]:
        """The clause in OSM's grammar: weekdays and holidays apart, exceptions as closed."""
        if not self.complete:
            raise NotUnderstood("hours_without_times", self.part)
        if self.days is not None or not (self.holiday or self.dates):
            days = (self.days if self.days is not None else set(EVERY_DAY)) - self.but
            if not days:
                raise NotUnderstood("hours_no_day_left", self.part)
            yield Rule(f"{in_days(frozenset(days))} {self._times(days)}".strip(), 7 - len(days))
        if self.holiday:
            yield Rule(f"PH {self._times({0})}", 8)
        if self.but_holiday:
            yield Rule("PH off", 8)
        if self.dates:
            yield Rule(f"{','.join(self.dates)} {self._times({0})}", 9)
        if self.but_dates:
            yield Rule(f"{','.join(self.but_dates)} off", 9)

    def _times(self, days: set[int]) -> str:
        if self.state == "24h":
            return "24/7" if len(days) == len(DAYS) else "00:00-24:00"
        if self.state == "unknown":
            return f'unknown "{" ".join(self.part.split())}"'
        return self.state or ",".join(_span(*each) for each in self.spans)


def _within(opens: int, closes: int, start: int, end: int) -> bool:
    until = closes if closes > opens else closes + _DAY_MINUTES
    return opens <= start < end <= until


def _span(start: Moment, end: Moment | None) -> str:
    if end is None:
        return f"{_clock(start)}+"
    return f"{_clock(start)}-{_clock(_DAY_MINUTES if end == 0 else end)}"


def _clock(moment: Moment) -> str:
    return moment if isinstance(moment, str) else f"{moment // 60:02d}:{moment % 60:02d}"
