"""Questions and answers over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_laksa.questions import usecases
from svc_laksa.questions.schemas import AnswerIn, QuestionIn
from svc_laksa.reports.rules import DESK
from svc_laksa.reports.schemas import InWords, Own, SummaryOut, Which

router = CityRouter(prefix="/v1/laksa/reports/{ref}", tags=["questions"])
ONCE = x_city(idempotency="required")


@router.post("/ask", response_model=SummaryOut, openapi_extra=ONCE)
async def ask_reporter(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: QuestionIn,
    caller: Annotated[Caller, Allow(Staff(*sorted(DESK)))],
) -> Response:
    """Asks the reporter; the deadline stands still until the answer, 14 days at most."""
    report = await usecases.ask(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/answer", response_model=SummaryOut, openapi_extra=ONCE, responses={403: {}})
async def answer_agency(
    request: Request,
    which: Own,
    session: Db,
    run: Run,
    words: InWords,
    body: AnswerIn,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
) -> Response:
    """The reporter answers, with photos if they help."""
    report = await usecases.answer(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)
