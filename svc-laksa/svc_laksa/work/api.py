"""The agency's work over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_laksa.reports.rules import DESK, FIELD, Role
from svc_laksa.reports.schemas import InWords, SummaryOut, Which
from svc_laksa.work import usecases
from svc_laksa.work.schemas import (
    AssignIn,
    CoordinateIn,
    FinishedOut,
    FinishIn,
    HandOverIn,
    NoteIn,
    RejectIn,
)

router = CityRouter(prefix="/v1/laksa/reports/{ref}", tags=["work"])
ONCE = x_city(idempotency="required")
Desk = Annotated[Caller, Allow(Staff(*sorted(DESK)))]
Field = Annotated[Caller, Allow(Staff(*sorted(FIELD)))]
DeskOrModerator = Annotated[Caller, Allow(Staff(*sorted(DESK | {Role.MODERATOR})))]


@router.post("/moderate", response_model=SummaryOut, openapi_extra=ONCE)
async def moderate_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: DeskOrModerator,
    body: NoteIn = NoteIn(),
) -> Response:
    """A moderator lets a report through; in a police unit its officers do."""
    report = await usecases.moderate(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/assign", response_model=SummaryOut, openapi_extra=ONCE)
async def assign_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Desk,
    body: AssignIn = AssignIn(),
) -> Response:
    """Gives the report to somebody of the agency, or takes it on."""
    report = await usecases.assign(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/start", response_model=SummaryOut, openapi_extra=ONCE)
async def start_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Field,
    body: NoteIn = NoteIn(),
) -> Response:
    """Work begins."""
    report = await usecases.start(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/hand-over", response_model=SummaryOut, openapi_extra=ONCE)
async def hand_over_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: HandOverIn,
    caller: DeskOrModerator,
) -> Response:
    """Gives the report to another agency; at the third time the moderator decides."""
    report = await usecases.hand_over(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/coordinate", response_model=SummaryOut, openapi_extra=ONCE)
async def coordinate_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: CoordinateIn,
    caller: Desk,
) -> Response:
    """Asks the moderator to bring agencies together."""
    report = await usecases.coordinate(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/resume", response_model=SummaryOut, openapi_extra=ONCE)
async def resume_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: DeskOrModerator,
    body: NoteIn = NoteIn(),
) -> Response:
    """Goes on after a question or a coordination."""
    report = await usecases.resume(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/reject", response_model=SummaryOut, openapi_extra=ONCE)
async def reject_report(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: RejectIn,
    caller: DeskOrModerator,
) -> Response:
    """Closes the report without work, with a reason the reporter reads."""
    report = await usecases.reject(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, SummaryOut.of(report, words), version=report.version)


@router.post("/finish", response_model=FinishedOut, openapi_extra=ONCE)
async def finish_report(
    request: Request, which: Which, session: Db, run: Run, words: InWords, body: FinishIn, caller: Field
) -> Response:
    """Says that the work is done, with evidence made after the report; another person checks it."""
    report, warnings = await usecases.finish(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, FinishedOut.of(report, words, warnings=warnings), version=report.version)
