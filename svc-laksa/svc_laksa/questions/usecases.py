"""Asking the reporter, and answering."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.runtime import Runtime
from svc_laksa.questions.schemas import AnswerIn, QuestionIn
from svc_laksa.reports import usecases as reports
from svc_laksa.reports.usecases import Action, Report, State, Target


async def ask(
    session: AsyncSession, run: Runtime, target: Target, sent: QuestionIn, *, caller: Caller, now: datetime
) -> Report:
    """The clock stops until there is an answer, or for 14 days."""
    hand = await reports.take(session, run, target, Action.ASK, caller=caller, now=now)
    return await reports.move(hand, State.QUESTION, texts={"question": sent.question})


async def answer(
    session: AsyncSession, run: Runtime, target: Target, sent: AnswerIn, *, caller: Caller, now: datetime
) -> Report:
    """The report goes on where it stood when it was asked."""
    hand = await reports.take(session, run, target, Action.ANSWER, caller=caller, now=now)
    report = hand.report
    receipts = reports.accepted(run, sent.media, caller=caller, now=now)
    files = [reports.photo(report, receipt, report.version + 1) for receipt in receipts]
    to = State(report.resumes_to or State.RECEIVED)
    return await reports.move(hand, to, texts={"answer": sent.answer}, files=files)
