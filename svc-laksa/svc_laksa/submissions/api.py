"""Submitting and withdrawing over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_laksa.reports.documents import link
from svc_laksa.reports.schemas import InWords, Own, SummaryOut
from svc_laksa.submissions import usecases
from svc_laksa.submissions.schemas import ReportIn, SubmittedOut, WithdrawIn

router = CityRouter(prefix="/v1/laksa/reports", tags=["reports"])
ONCE = x_city(idempotency="required")


@router.post("", status_code=201, response_model=SubmittedOut, openapi_extra=ONCE, responses={401: {}})
async def submit_report(
    request: Request,
    body: ReportIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
) -> Response:
    """Sends a report; guests may where the category allows it, and get a `follow_token` back."""
    report, token = await usecases.submit(session, run, body, caller=caller, now=run.clock.now())
    out = SubmittedOut.of(report, words, follow_token=token)
    return reply(request, out, version=report.version, status=201, location=link(report.id))


@router.post("/{ref}/withdraw", response_model=SummaryOut, openapi_extra=ONCE, responses={403: {}})
async def withdraw_report(
    request: Request,
    which: Own,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
    body: WithdrawIn = WithdrawIn(),
) -> Response:
    """The reporter takes the report back, before the work is finished."""
    report = await usecases.withdraw(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)
