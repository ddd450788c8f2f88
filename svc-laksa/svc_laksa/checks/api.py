"""Checks and challenges over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_laksa.checks import usecases
from svc_laksa.checks.schemas import ChallengeIn, DecideIn, VerifyIn
from svc_laksa.reports.rules import DESK, Role
from svc_laksa.reports.schemas import InWords, Own, SummaryOut, Which

router = CityRouter(prefix="/v1/laksa/reports/{ref}", tags=["checks"])
ONCE = x_city(idempotency="required")


@router.post("/verify", response_model=SummaryOut, openapi_extra=ONCE)
async def verify_work(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: VerifyIn,
    caller: Annotated[Caller, Allow(Staff(*sorted(DESK | {Role.VERIFIER})))],
) -> Response:
    """A verifier who did none of the work checks it; in a police unit another of its officers does."""
    report = await usecases.verify(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/challenge", response_model=SummaryOut, openapi_extra=ONCE, responses={403: {}})
async def challenge_work(
    request: Request,
    which: Own,
    session: Db,
    run: Run,
    words: InWords,
    body: ChallengeIn,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
) -> Response:
    """The reporter objects within 7 days of the check."""
    report = await usecases.challenge(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/challenge/decide", response_model=SummaryOut, openapi_extra=ONCE)
async def decide_challenge(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: DecideIn,
    caller: Annotated[Caller, Allow(Staff(*sorted(DESK | {Role.MODERATOR})))],
) -> Response:
    """A moderator decides about an objection; in a police unit another of its officers does."""
    report = await usecases.decide(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)
