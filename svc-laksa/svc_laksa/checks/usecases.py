"""Verifying finished work, challenging it, deciding about the challenge."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.runtime import Runtime
from svc_laksa.checks.schemas import ChallengeIn, DecideIn, VerifyIn
from svc_laksa.reports import usecases as reports
from svc_laksa.reports.usecases import Action, Report, State, Target


async def verify(
    session: AsyncSession, run: Runtime, target: Target, sent: VerifyIn, *, caller: Caller, now: datetime
) -> Report:
    """Done if it passes, reopened if not; 403 `worked_on_it` for whoever did any of the work."""
    hand = await reports.take(session, run, target, Action.VERIFY, caller=caller, now=now)
    to, outcome = (State.DONE, "passed") if sent.passed else (State.REOPENED, "failed")
    texts = {"note": sent.note} if sent.note else {}
    return await reports.move(hand, to, reason_code=outcome, texts=texts, passed=sent.passed)


async def challenge(
    session: AsyncSession, run: Runtime, target: Target, sent: ChallengeIn, *, caller: Caller, now: datetime
) -> Report:
    """The reporter says that it is not done, within 7 days; 409 `challenge_closed` afterwards."""
    hand = await reports.take(session, run, target, Action.CHALLENGE, caller=caller, now=now)
    hand.report.challenged = True
    return await reports.move(hand, State.DONE, texts={"reason": sent.reason})


async def decide(
    session: AsyncSession, run: Runtime, target: Target, sent: DecideIn, *, caller: Caller, now: datetime
) -> Report:
    """Upheld: reopened, and the deadline goes on. Otherwise it is done for good."""
    hand = await reports.take(session, run, target, Action.DECIDE, caller=caller, now=now)
    hand.report.challenged = False
    to, outcome = (State.REOPENED, "upheld") if sent.upheld else (State.DONE, "declined")
    hand.report.final_at = None if sent.upheld else now
    return await reports.move(hand, to, reason_code=outcome, texts={"note": sent.note}, upheld=sent.upheld)
