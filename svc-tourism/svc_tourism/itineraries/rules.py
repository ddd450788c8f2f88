"""A day plan: in which order stops fit between opening hours and ways, and why others do not; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from svc_tourism.routes.rules import Mode, Place, estimate

Reason = Literal[
    "gone", "closed_for_a_while", "closed_that_day", "stay_too_long", "too_late", "day_ends", "no_time_left"
]
MOST_STOPS = 15
_BEAM = 24


@dataclass(frozen=True, slots=True)
class Stop:
    """Where, how long, and when it is open that day: (from, to, sure); `why` there is nothing to plan."""

    place: Place
    stay: timedelta
    open: tuple[tuple[datetime, datetime, bool], ...]
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of the plan, by its position in the list; `sure` is False where nobody told the hours."""

    stop: int
    way: timedelta
    arrives: datetime
    starts: datetime
    ends: datetime
    sure: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What fits, in order, and why the other stops do not."""

    visits: tuple[Visit, ...]
    left_out: Mapping[int, Reason]


@dataclass(frozen=True, slots=True)
class _So:
    """A beginning of a plan: where it has led, and when one is free again."""

    visits: tuple[Visit, ...]
    free: datetime
    at: int | None

    @property
    def done(self) -> frozenset[int]:
        return frozenset(visit.stop for visit in self.visits)

    @property
    def rank(self) -> tuple[int, datetime]:
        return (-len(self.visits), self.free)


def plan_day(
    stops: Sequence[Stop], start: Place | None, begins: datetime, ends: datetime, mode: Mode
) -> Plan:
    """As many stops as fit, and among these orders the one that is over first.

    A beam search: of all beginnings of equal length the 24 that are over first go on, those that lead to the
    same place by the same stops only once. Ways are `routes.rules.estimate`: straight lines and a factor, so
    the plan is an estimate too. A stop begins when the place opens, and must end before it closes.
    """
    ways = _ways(stops, start, mode)
    best = _So((), begins, None)
    beam = [best]
    while beam:
        found: dict[tuple[frozenset[int], int | None], _So] = {}
        for so in (after for before in beam for after in _further(before, stops, ways, ends)):
            key = (so.done, so.at)
            if key not in found or so.free < found[key].free:
                found[key] = so
        beam = sorted(found.values(), key=lambda so: so.free)[:_BEAM]
        best = min([best, *beam], key=lambda so: so.rank)
    left = [index for index in range(len(stops)) if index not in best.done]
    return Plan(best.visits, {index: _why(stops, index, ways, begins, ends) for index in left})


def _further(
    so: _So, stops: Sequence[Stop], ways: Mapping[tuple[int | None, int], timedelta], ends: datetime
) -> Iterator[_So]:
    done = so.done
    for index, stop in enumerate(stops):
        if index in done or stop.why is not None:
            continue
        visit = _visit(index, stop, so.free, ways[so.at, index], ends)
        if visit is not None:
            yield _So((*so.visits, visit), visit.ends, index)


def _visit(index: int, stop: Stop, free: datetime, way: timedelta, ends: datetime) -> Visit | None:
    """The first time the stop can be made after `free`; None if it cannot before `ends`."""
    arrives = free + way
    for opens, closes, sure in stop.open:
        starts = max(arrives, opens)
        if starts + stop.stay <= min(closes, ends):
            return Visit(index, way, arrives, starts, starts + stop.stay, sure)
    return None


def _why(
    stops: Sequence[Stop],
    index: int,
    ways: Mapping[tuple[int | None, int], timedelta],
    begins: datetime,
    ends: datetime,
) -> Reason:
    """Why a stop is not in the plan: for a reason of its own, or because the others take the day."""
    stop = stops[index]
    if stop.why is not None:
        return stop.why
    if not stop.open:
        return "closed_that_day"
    if all(closes - opens < stop.stay for opens, closes, _ in stop.open):
        return "stay_too_long"
    if _visit(index, stop, begins, ways[None, index], ends) is not None:
        return "no_time_left"
    last = max(closes for _, closes, _ in stop.open)
    return "too_late" if _visit(index, stop, begins, ways[None, index], last) is None else "day_ends"


def _ways(stops: Sequence[Stop], start: Place | None, mode: Mode) -> dict[tuple[int | None, int], timedelta]:
    """How long from one stop to the next, and from the start (without one: no time) to each."""
    ways: dict[tuple[int | None, int], timedelta] = {}
    for to, stop in enumerate(stops):
        ways[None, to] = _way(start, stop.place, mode)
        for by, other in enumerate(stops):
            ways[by, to] = _way(other.place, stop.place, mode)
    return ways


def _way(here: Place | None, there: Place, mode: Mode) -> timedelta:
    if here is None:
        return timedelta()
    return timedelta(seconds=round(estimate((here, there), mode).duration_s))
