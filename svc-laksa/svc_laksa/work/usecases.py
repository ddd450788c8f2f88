"""From a moderator's yes to finished work: one function for each thing staff can do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import FieldError, Unprocessable
from shared.media import Receipt
from shared.runtime import Runtime
from svc_laksa.reports import usecases as reports
from svc_laksa.reports.rules import HAND_OVERS
from svc_laksa.reports.usecases import Action, InHand, Report, ReportFile, Role, State, Target
from svc_laksa.work.rules import DISTANCE_M, Proof
from svc_laksa.work.schemas import (
    AssignIn,
    CoordinateIn,
    EvidenceIn,
    FinishIn,
    HandOverIn,
    NoteIn,
    RejectIn,
)


class EvidenceMissing(Unprocessable):
    code = "evidence_missing"


async def moderate(
    session: AsyncSession, run: Runtime, target: Target, sent: NoteIn, *, caller: Caller, now: datetime
) -> Report:
    """Lets a report through to its agency; one from outside the city goes on to coordination."""
    hand = await reports.take(session, run, target, Action.MODERATE, caller=caller, now=now)
    to = State.COORDINATION if hand.report.outside_city else State.RECEIVED
    return await reports.move(hand, to, texts=_internal(sent.note))


async def assign(
    session: AsyncSession, run: Runtime, target: Target, sent: AssignIn, *, caller: Caller, now: datetime
) -> Report:
    """Gives it to somebody of the agency, or takes it on."""
    hand = await reports.take(session, run, target, Action.ASSIGN, caller=caller, now=now)
    hand.report.assignee = sent.assignee or caller.person
    return await reports.move(hand, State.ASSIGNED, texts=_internal(sent.note))


async def start(
    session: AsyncSession, run: Runtime, target: Target, sent: NoteIn, *, caller: Caller, now: datetime
) -> Report:
    """Work begins."""
    hand = await reports.take(session, run, target, Action.START, caller=caller, now=now)
    return await reports.move(hand, State.IN_WORK, texts=_internal(sent.note))


async def coordinate(
    session: AsyncSession, run: Runtime, target: Target, sent: CoordinateIn, *, caller: Caller, now: datetime
) -> Report:
    """Asks the moderator to bring agencies together; the clock goes on."""
    hand = await reports.take(session, run, target, Action.COORDINATE, caller=caller, now=now)
    return await reports.move(hand, State.COORDINATION, texts=_internal(sent.reason))


async def resume(
    session: AsyncSession, run: Runtime, target: Target, sent: NoteIn, *, caller: Caller, now: datetime
) -> Report:
    """Goes on where it stood before a question or a coordination."""
    hand = await reports.take(session, run, target, Action.RESUME, caller=caller, now=now)
    to = State(hand.report.resumes_to or State.RECEIVED)
    return await reports.move(hand, to, reason_code=hand.old_state, texts=_internal(sent.note))


async def hand_over(
    session: AsyncSession, run: Runtime, target: Target, sent: HandOverIn, *, caller: Caller, now: datetime
) -> Report:
    """Gives it to another agency; the third time an agency wants to, the moderator decides (coordination)."""
    hand = await reports.take(session, run, target, Action.HAND_OVER, caller=caller, now=now)
    report, giver = hand.report, hand.report.agency
    _refuse_agency(run, report, sent.agency)
    by_agency = hand.role != Role.MODERATOR
    report.hand_overs += by_agency
    ping_pong = by_agency and report.hand_overs >= HAND_OVERS
    if not ping_pong:
        report.agency, report.assignee, report.rule = sent.agency, None, "hand_over"
    more: dict[str, Any] = {
        "from_agency": giver,
        "wanted_agency": sent.agency,
        "count": report.hand_overs,
    }
    to = State.COORDINATION if ping_pong else State.RECEIVED
    reason, reason_code = _internal(f"→ {sent.agency}: {sent.reason}"), "ping_pong" if ping_pong else None
    return await reports.move(hand, to, reason_code=reason_code, texts=reason, **more)


async def finish(
    session: AsyncSession, run: Runtime, target: Target, sent: FinishIn, *, caller: Caller, now: datetime
) -> tuple[Report, list[str]]:
    """Says that the work is done and files evidence; (the report, codes of warnings).

    422 `evidence_missing` unless at least one file of the caller was made since the report came in, or
    since it was last reopened.
    """
    hand = await reports.take(session, run, target, Action.FINISH, caller=caller, now=now)
    began = await reports.work_began(session, hand.report)
    files = [_evidence(hand, each, caller, began) for each in sent.evidence]
    early = [n for n, file in enumerate(files) if file is None]
    good = list({file.media_id: file for file in files if file is not None}.values())
    if early or not good:
        wrong = [FieldError(f"evidence.{n}", "taken_before_report") for n in early]
        raise EvidenceMissing(errors=wrong or [FieldError("evidence", "missing")])
    texts = {"note": sent.note} if sent.note else {}
    seen_before = await reports.seen_before(session, good)
    report = await reports.move(hand, State.FINISHED, texts=texts, files=good, evidence=len(good))
    return report, _warnings(good, seen_before)


async def reject(
    session: AsyncSession, run: Runtime, target: Target, sent: RejectIn, *, caller: Caller, now: datetime
) -> Report:
    """Closes it without work, with a reason the reporter reads."""
    hand = await reports.take(session, run, target, Action.REJECT, caller=caller, now=now)
    note = f"{sent.note}\n\n{sent.responsible}" if sent.responsible else sent.note
    return await reports.move(hand, State.REJECTED, reason_code=sent.reason_code, texts={"note": note})


def _internal(note: str | None) -> dict[str, str]:
    return {"internal": note} if note else {}


def _refuse_agency(run: Runtime, report: Report, code: str) -> None:
    """422 for an agency nobody knows, the one that has it, or a police matter for anybody but the police."""
    agency = run.city.agencies.get(code)
    if agency is None:
        raise Unprocessable(errors=[FieldError("agency", "unknown")])
    if code == report.agency:
        raise Unprocessable(errors=[FieldError("agency", "has_it_already")])
    if report.privacy == "police" and agency.kind != "police":
        raise Unprocessable(errors=[FieldError("agency", "not_police")])


def _evidence(hand: InHand, sent: EvidenceIn, caller: Caller, began: datetime) -> ReportFile | None:
    """The file with its facts, or None if it was made before this attempt began."""
    report, run = hand.report, hand.run
    (receipt,) = reports.accepted(run, [sent.receipt], caller=caller, now=hand.now)
    proof = _proof(receipt, sent)
    if not proof.is_after(began, hand.now):
        return None
    file = reports.photo(report, receipt, report.version + 1)
    file.kind, file.taken_at = "evidence", proof.taken_at
    file.stated = proof.stated
    file.distance_m = proof.metres_from(*reports.exact_point(run, report))
    if report.sealed_point is None:
        file.lat, file.lon = proof.place or (None, None)
    return file


def _proof(receipt: Receipt, sent: EvidenceIn) -> Proof:
    """The file's own time and place before those stated; a stated time is no later than the upload."""
    lat, lon = receipt.captured_lat, receipt.captured_lon
    stated = (sent.point.lat, sent.point.lon) if sent.point else None
    taken_at = receipt.captured_at or min(sent.taken_at or receipt.stored_at, receipt.stored_at)
    own = (lat, lon) if lat is not None and lon is not None else None
    return Proof(taken_at, receipt.stored_at, own or stated, stated=own is None and stated is not None)


def _warnings(files: Sequence[ReportFile], seen_before: bool) -> list[str]:
    """What a verifier should look at twice."""
    far = any(file.distance_m is not None and file.distance_m > DISTANCE_M for file in files)
    unknown = all(file.distance_m is None for file in files)
    found = {
        "far_away": far,
        "place_unknown": unknown,
        "stated_by_hand": any(file.stated for file in files),
        "evidence_used_before": seen_before,
    }
    return [code for code, is_so in found.items() if is_so]
