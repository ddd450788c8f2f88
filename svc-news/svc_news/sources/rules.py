"""How often a source is asked, and how it is doing."""

from datetime import timedelta
from enum import StrEnum

LONGEST_PAUSE = timedelta(hours=24)
LEASE = timedelta(minutes=2)
"""So long a source is nobody else's, once it was taken to be asked; whoever dies meanwhile loses it then."""
_FIRST_RETRY = timedelta(hours=1)
FAILING = 3
ROLES = ("editor", "ops")


class Kind(StrEnum):
    """An agency of state, whose items are found by the city's search, or the press."""

    AGENCY = "agency"
    PRESS = "press"


class State(StrEnum):
    """How a source is doing: `failing` after three failures in a row, `waiting` before its first answer."""

    WAITING = "waiting"
    OK = "ok"
    FAILING = "failing"
    OFF = "off"


def state_of(*, active: bool, failures: int, answered: bool) -> State:
    """One failure says nothing of a source yet."""
    if not active:
        return State.OFF
    if failures >= FAILING:
        return State.FAILING
    return State.OK if answered else State.WAITING


def pause(interval: timedelta, failures: int, asked: timedelta | None, luck: float) -> timedelta:
    """How long to leave a source alone. `luck` from 0 to 1 spreads those that began together.

    In health its interval, up to a tenth more. After a failure the interval but an hour at most, doubled each
    time, up to a quarter more; never over 24 hours, and never before it asked for (Retry-After).
    """
    if failures == 0:
        wanted = interval * (1 + luck / 10)
    else:
        wanted = min(interval, _FIRST_RETRY) * 2 ** min(failures - 1, 10) * (1 + luck / 4)
    return min(max(wanted, asked or timedelta(0)), LONGEST_PAUSE)


def most_fail(states: dict[str, int]) -> bool:
    """Whether it is the way out that fails, not the sources: more than half of four or more."""
    asked = states.get(State.OK, 0) + states.get(State.FAILING, 0)
    return asked >= 4 and states.get(State.FAILING, 0) * 2 > asked
