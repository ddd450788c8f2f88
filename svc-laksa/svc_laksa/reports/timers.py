"""What time does to a report: a deadline passes, a question stays unanswered, nobody objects."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime import Runtime
from svc_laksa.reports.rules import Action, State
from svc_laksa.reports.usecases import move, take_due


async def deadline_passed(session: AsyncSession, run: Runtime, report_id: str, now: datetime) -> None:
    """Marks the report overdue, once."""
    hand = await take_due(session, run, report_id, Action.EXPIRE, now=now)
    if hand is not None and hand.report.overdue_at is None and hand.report.deadline_at <= now:
        hand.report.overdue_at = now
        await move(hand, State(hand.report.state), reason_code="overdue")


async def question_unanswered(session: AsyncSession, run: Runtime, report_id: str, now: datetime) -> None:
    """After 14 days without an answer the clock goes on; the officer sees the step."""
    hand = await take_due(session, run, report_id, Action.RESUME, now=now)
    if hand is not None and hand.report.resumes_to is not None:
        await move(hand, State(hand.report.resumes_to), reason_code="unanswered")


async def challenge_closed(session: AsyncSession, run: Runtime, report_id: str, now: datetime) -> None:
    """Seven days without a challenge: it is done for good."""
    hand = await take_due(session, run, report_id, Action.CLOSE, now=now)
    if hand is not None and not hand.report.challenged and not hand.report.challengeable(now):
        hand.report.final_at = now
        await move(hand, State.DONE, reason_code="final")


#: By kind, as `Report.due` names them.
TIMERS = {
    "deadline_passed": deadline_passed,
    "question_unanswered": question_unanswered,
    "challenge_closed": challenge_closed,
}
