"""Taking a report in hand and moving it one step: every change of every slice goes through here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending, timers
from shared.auth import Caller
from shared.chain import entries
from shared.contracts.city import MediaAttachedV1
from shared.errors import Conflict, Forbidden, NotFound
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_laksa.reports import documents, queries, rules
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step
from svc_laksa.reports.rules import Action, Role, State
from svc_laksa.reports.usecases.reading import Target, roles_of

_NONE: Mapping[str, str] = {}


class WrongState(Conflict):
    code = "wrong_state"


class ChallengeClosed(Conflict):
    code = "challenge_closed"


class WorkedOnIt(Forbidden):
    code = "worked_on_it"


@dataclass(slots=True)
class InHand:
    """A locked report (or a new one) in somebody's hand, and how it stood before."""

    session: AsyncSession
    run: Runtime
    report: Report
    action: Action
    role: str
    actor: str | None
    now: datetime
    to: frozenset[State]
    old_state: str | None = None
    old_agency: str | None = None
    was_listed: bool = False
    old_due: dict[str, datetime] = field(default_factory=dict)


async def take(
    session: AsyncSession, run: Runtime, target: Target, action: Action, *, caller: Caller, now: datetime
) -> InHand:
    """Locks the report for an action of this caller.

    Refuses in this order: 404 not there or not theirs to see, 403 not their role or `worked_on_it`,
    412 stale, 409 not in this state.
    """
    report = await queries.find(session, target.ref, lock=True)
    if report is None:
        raise NotFound
    roles = roles_of(report, caller, target.follow_token)
    if not roles:
        raise NotFound
    if not roles & rules.roles_of(action):
        raise Forbidden
    if action in (Action.VERIFY, Action.DECIDE):
        await _refuse_workers(session, report, action, caller)
    refuse_stale(target.if_match, report.version)
    return _in_hand(session, run, report, action, roles, caller, now)


async def take_due(
    session: AsyncSession, run: Runtime, report_id: str, action: Action, *, now: datetime
) -> InHand | None:
    """Locks the report for something the clock does; None if it has moved on in the meantime."""
    report = await queries.find(session, report_id, lock=True)
    system = frozenset({Role.SYSTEM})
    if report is None or rules.transition(action, State(report.state), system) is None:
        return None
    return _in_hand(session, run, report, action, system, Caller(kind="system"), now)


async def locked(session: AsyncSession, report_id: str) -> Report | None:
    """The report, locked, for what is no step of it; None if it is not there."""
    return await queries.find(session, report_id, lock=True)


def new(session: AsyncSession, run: Runtime, report: Report, *, now: datetime) -> InHand:
    """A report that has just been inserted, for its first step."""
    return InHand(session, run, report, Action.SUBMIT, Role.REPORTER, None, now, frozenset(State))


async def move(
    hand: InHand,
    to: State,
    *,
    reason_code: str | None = None,
    texts: Mapping[str, str] = _NONE,
    files: Sequence[ReportFile] = (),
    **more: Any,
) -> Report:
    """One step: row, step, texts, files, ledger entry, timers and events, all in the open transaction.

    `texts` are free texts by kind; `more` are fields of the action's event beyond the common ones.
    """
    if to not in hand.to:
        raise AssertionError(f"{hand.action} does not lead to {to}: the transition table forbids it")
    hand.report.enter(to, hand.now, hand.run.city.calendar)
    return await record(hand, reason_code=reason_code, texts=texts, files=files, **more)


async def record(
    hand: InHand,
    *,
    reason_code: str | None = None,
    texts: Mapping[str, str] = _NONE,
    files: Sequence[ReportFile] = (),
    facts: Mapping[str, Any] = _NONE,
    **more: Any,
) -> Report:
    """What follows from a step already made on the row; `facts` are those of the first ledger entry."""
    report, session = hand.report, hand.session
    salted = {kind: entries.text_digest(text) for kind, text in texts.items()}
    written = [_text(hand, kind, text, salted[kind][0]) for kind, text in texts.items()]
    pending.add_rows(session, [_step(hand, reason_code), *written, *files])
    digests = {kind: digest for kind, (_, digest) in salted.items()}
    told = documents.facts_of(hand, reason_code, digests, files) | dict(facts)
    await entries.append(session, report.id, report.version, told)
    await _set_timers(hand)
    events = [*documents.events_of(hand, reason_code, more)]
    if files:
        events.append(MediaAttachedV1(media_ids=tuple(str(file.media_id) for file in files)))
    await emit(session, *events, entity_id=str(report.id), entity_version=report.version, now=hand.now)
    return report


def _in_hand(
    session: AsyncSession,
    run: Runtime,
    report: Report,
    action: Action,
    roles: frozenset[Role],
    caller: Caller,
    now: datetime,
) -> InHand:
    row = rules.transition(action, State(report.state), roles)
    if row is None:
        raise WrongState(state=report.state, action=action)
    if action is Action.CHALLENGE and (report.challenged or not report.challengeable(now)):
        raise ChallengeClosed
    if action is Action.DECIDE and not report.challenged:
        raise WrongState(state=report.state, action=action)
    role = next(role for role in Role if role in row.by & roles)
    actor = caller.sub if caller.kind == "staff" else None
    hand = InHand(session, run, report, action, role, actor, now, row.to)
    hand.old_state, hand.old_agency = report.state, report.agency
    hand.was_listed, hand.old_due = report.listed, report.due()
    return hand


async def _refuse_workers(session: AsyncSession, report: Report, action: Action, caller: Caller) -> None:
    """Nobody checks their own work, and nobody decides about a check of their own (laksa.md)."""
    checked = rules.WORKED if action is Action.VERIFY else rules.WORKED | {Action.VERIFY}
    if await queries.worked(session, report.id, caller.person, checked):
        raise WorkedOnIt


def _step(hand: InHand, reason_code: str | None) -> Step:
    report = hand.report
    return Step(
        report_id=report.id,
        version=report.version,
        at=hand.now,
        action=hand.action,
        from_state=hand.old_state,
        state=report.state,
        role=hand.role,
        actor=hand.actor,
        assignee=report.assignee,
        agency=report.agency,
        reason_code=reason_code,
    )


def _text(hand: InHand, kind: str, text: str, salt: str) -> ReportText:
    """Plain where the public reads it: description and address of a report that is not sensitive."""
    report = hand.report
    written = ReportText(report_id=report.id, version=report.version, kind=kind, salt=salt)
    if kind in rules.public_texts(report.privacy, report.sealed_point is not None):
        written.plain = text
    else:
        written.sealed = hand.run.cipher.encrypt(text, written.place)
    return written


async def _set_timers(hand: InHand) -> None:
    wanted, entity = hand.report.due(), str(hand.report.id)
    for kind in hand.old_due.keys() - wanted.keys():
        await timers.cancel(hand.session, kind, entity)
    for kind, moment in wanted.items():
        if hand.old_due.get(kind) != moment:
            await timers.schedule(hand.session, kind, entity, moment)
