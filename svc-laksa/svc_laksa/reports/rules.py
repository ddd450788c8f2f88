"""What may happen to a report, by whom and when: the one transition table, and who sees what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from shared.city.calendar import WorkCalendar


class State(StrEnum):
    """Where a report stands."""

    MODERATION = "moderation"
    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_WORK = "in_work"
    QUESTION = "question"
    COORDINATION = "coordination"
    FINISHED = "finished"
    REOPENED = "reopened"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What somebody does to a report."""

    SUBMIT = "submit"
    MODERATE = "moderate"
    ASSIGN = "assign"
    START = "start"
    ASK = "ask"
    ANSWER = "answer"
    RESUME = "resume"
    HAND_OVER = "hand_over"
    COORDINATE = "coordinate"
    FINISH = "finish"
    VERIFY = "verify"
    REJECT = "reject"
    CHALLENGE = "challenge"
    DECIDE = "decide"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    CLOSE = "close"


class Role(StrEnum):
    """In which role: those of staff accounts, and towards one report its reporter and the clock."""

    REPORTER = "reporter"
    SYSTEM = "system"
    OFFICER = "laksa_officer"
    HEAD = "laksa_head"
    CREW = "laksa_crew"
    VERIFIER = "laksa_verifier"
    MODERATOR = "laksa_moderator"


S, R, A = State, Role, Action
DESK = frozenset({R.OFFICER, R.HEAD})
FIELD = DESK | {R.CREW}
#: Roles of accounts; a clerk at the counter enters what people without a phone report.
STAFF = frozenset({*map(str, FIELD), str(R.VERIFIER), str(R.MODERATOR), "laksa_counter"})
CLOSED = frozenset({S.DONE, S.REJECTED, S.WITHDRAWN})
STOPPED = CLOSED | {S.QUESTION}
"""The clock stands still in these."""
AT_HAND = frozenset({S.RECEIVED, S.ASSIGNED, S.IN_WORK, S.REOPENED})
_OPEN = frozenset(S) - CLOSED
_BEFORE_FINISHED = _OPEN - {S.FINISHED}
RESTRICTED = frozenset({"confidential", "police"})

CHALLENGE_WINDOW = timedelta(days=7)
ANSWER_WINDOW = timedelta(days=14)
HAND_OVERS = 3
"""At the third hand-over the moderator decides (laksa.md: ping-pong)."""
EVIDENCE_DISTANCE_M = 150
WORKED = frozenset({A.ASSIGN, A.START, A.ASK, A.RESUME, A.HAND_OVER, A.COORDINATE, A.FINISH, A.REJECT})
"""Who did one of these cannot verify; who verified cannot decide a challenge either."""

SPOKEN = frozenset({"description", "question", "answer", "note", "reason"})
"""Kinds of text that are part of the dialogue; `internal` ones stay inside the agency."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: `by` may do `action` in `start`; it then stands in one of `to`."""

    action: Action
    by: frozenset[Role]
    start: frozenset[State]
    to: frozenset[State]


def _row(action: Action, by: Iterable[Role], start: Iterable[State], *to: State) -> Transition:
    return Transition(action, frozenset(by), frozenset(start), frozenset(to))


TABLE: tuple[Transition, ...] = (
    _row(A.MODERATE, {R.MODERATOR}, {S.MODERATION}, S.RECEIVED, S.COORDINATION),
    _row(A.ASSIGN, DESK, {S.RECEIVED, S.ASSIGNED, S.REOPENED}, S.ASSIGNED),
    _row(A.START, FIELD, {S.ASSIGNED, S.REOPENED}, S.IN_WORK),
    _row(A.ASK, DESK, AT_HAND, S.QUESTION),
    _row(A.ANSWER, {R.REPORTER}, {S.QUESTION}, *AT_HAND),
    _row(A.RESUME, DESK | {R.SYSTEM}, {S.QUESTION}, *AT_HAND),
    _row(A.RESUME, DESK | {R.MODERATOR}, {S.COORDINATION}, *AT_HAND),
    _row(A.HAND_OVER, DESK, AT_HAND, S.RECEIVED, S.COORDINATION),
    _row(A.HAND_OVER, {R.MODERATOR}, {S.COORDINATION}, S.RECEIVED),
    _row(A.COORDINATE, DESK, AT_HAND, S.COORDINATION),
    _row(A.FINISH, FIELD, {S.IN_WORK}, S.FINISHED),
    _row(A.VERIFY, {R.VERIFIER}, {S.FINISHED}, S.DONE, S.REOPENED),
    _row(A.REJECT, DESK, AT_HAND, S.REJECTED),
    _row(A.REJECT, {R.MODERATOR}, {S.MODERATION, S.COORDINATION}, S.REJECTED),
    _row(A.CHALLENGE, {R.REPORTER}, {S.DONE}, S.DONE),
    _row(A.DECIDE, {R.MODERATOR}, {S.DONE}, S.DONE, S.REOPENED),
    _row(A.WITHDRAW, {R.REPORTER}, _BEFORE_FINISHED, S.WITHDRAWN),
    *(_row(A.EXPIRE, {R.SYSTEM}, {state}, state) for state in sorted(_OPEN - STOPPED)),
    _row(A.CLOSE, {R.SYSTEM}, {S.DONE}, S.DONE),
)


def roles_of(action: Action) -> frozenset[Role]:
    """Who may ever do this."""
    return frozenset(role for row in TABLE if row.action is action for role in row.by)


def transition(action: Action, state: State, roles: frozenset[Role]) -> Transition | None:
    """The row that allows it now, or None."""
    fitting = (row for row in TABLE if row.action is action and state in row.start and row.by & roles)
    return next(fitting, None)


def actions_for(state: State, roles: frozenset[Role], challenged: bool, challengeable: bool) -> list[Action]:
    """What these roles could do next, in the table's order; front ends show these buttons."""
    possible = dict.fromkeys(row.action for row in TABLE if state in row.start and row.by & roles)
    closed = {A.DECIDE: not challenged, A.CHALLENGE: challenged or not challengeable}
    return [action for action in possible if not closed.get(action, False)]


def roles_towards(
    *, privacy: str, agency: str, waits_for: str | None, staff_roles: frozenset[str], staff_agency: str | None
) -> frozenset[Role]:
    """The roles a staff member has towards one report; none: only what the public sees.

    Officers, heads and crew belong to its agency. Verifiers and moderators work for the whole city, but see a
    confidential report only while it waits for them, and a police matter never: inside the police unit its
    officers and heads stand in for both, so that an end stays possible and nobody outside reads it.
    """
    held = frozenset(Role(role) for role in staff_roles if role in frozenset(Role))
    own = staff_agency == agency
    desk, city = held & FIELD if own else frozenset(), held & {R.VERIFIER, R.MODERATOR}
    if privacy == "police":
        stand_in = frozenset({R.VERIFIER, R.MODERATOR}) if desk & DESK else frozenset()
        return desk | city | stand_in if own else frozenset()
    if privacy == "confidential" and not own:
        city = city & frozenset({Role(waits_for)} if waits_for in frozenset(Role) else ())
    return desk | city


def waits_for(state: State, challenged: bool) -> str | None:
    """Whose turn it is: a role, `agency`, or nobody's once it is closed."""
    if challenged:
        return R.MODERATOR
    turns: dict[State, str] = {
        S.MODERATION: R.MODERATOR,
        S.COORDINATION: R.MODERATOR,
        S.QUESTION: R.REPORTER,
        S.FINISHED: R.VERIFIER,
    }
    return None if state in CLOSED else turns.get(state, "agency")


def public_texts(privacy: str, sensitive: bool) -> frozenset[str]:
    """Which texts the public reads; an address tells a place, so a sensitive one is kept."""
    if privacy in RESTRICTED:
        return frozenset()
    return frozenset({"description"}) if sensitive else frozenset({"description", "address"})


def is_listed(privacy: str, state: State) -> bool:
    """Whether the public may find it."""
    return privacy not in RESTRICTED and state not in (S.MODERATION, S.WITHDRAWN)


def coarse(degrees: float) -> float:
    """Three decimals, some 110 m: all the public sees of a sensitive place."""
    return round(degrees, 3)


def pauses(steps: Iterable[tuple[datetime, State]]) -> list[tuple[str, datetime, datetime | None]]:
    """(named reason, from, to) of each time the clock stood still, from (moment, state entered) in order."""
    found: list[tuple[str, datetime, datetime | None]] = []
    for at, state in steps:
        if found and found[-1][2] is None:
            if state == found[-1][0]:
                continue
            found[-1] = (found[-1][0], found[-1][1], at)
        if state in STOPPED:
            found.append((state, at, None))
    return found


def resumed_deadline(
    deadline: datetime,
    stopped: datetime,
    now: datetime,
    counts: Literal["hours", "working_days"],
    calendar: WorkCalendar,
) -> datetime:
    """The deadline after a pause from `stopped` to `now`; a deadline already missed is not given back.

    Hours of the clock move by the length of the pause; working days by those that began during the pause.
    """
    if stopped >= deadline:
        return deadline
    if counts == "hours":
        return deadline + (now - stopped)
    first, last = (moment.astimezone(calendar.zone).date() for moment in (stopped, now))
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    lost = sum(calendar.is_working_day(day) for day in days)
    return calendar.add_working_days(deadline, lost) if lost else deadline
