"""The survey plan and a day's completeness over HTTP."""

from typing import Annotated

from fastapi import Path, Request, Response

from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities.schemas import InWords, PriceDay
from svc_prices.surveys import queries, usecases
from svc_prices.surveys.documents import day_out
from svc_prices.surveys.schemas import PlanIn, PlanOut, SurveyDayOut

router = CityRouter(prefix="/v1/prices/surveys", tags=["surveys"])
Surveyors = Annotated[Caller, Allow(Staff("market_surveyor", "price_supervisor"))]
Supervisor = Annotated[Caller, Allow(Staff("price_supervisor"))]
_Market = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]
_StaffId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="opaque id of the surveyor")]
_LINE = "/plan/{market}/{staff_id}"


@router.get("/today", response_model=SurveyDayOut)
async def read_day(
    request: Request, session: Db, run: Run, words: InWords, caller: Surveyors, day: PriceDay | None = None
) -> Response:
    """Which markets are due, how far each is, which are late; today unless told otherwise."""
    wanted = day or words.today
    found = await usecases.day_of(session, run, wanted)
    body = day_out(wanted, found, await usecases.expected(session), words)
    return reply(request, body)


@router.get("/plan", response_model=Page[PlanOut])
async def list_plan(
    request: Request,
    session: Db,
    words: InWords,
    caller: Surveyors,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Who surveys which market by when: a supervisor sees everybody, a surveyor herself."""
    whose = None if caller.has("price_supervisor") else caller.person
    rows, following = await queries.plan_page(session, whose, limit, cursor)
    items = [PlanOut.listed(row, words) for row in rows]
    return reply(request, Page[PlanOut](items=items, next=following))


@router.put(_LINE, response_model=PlanOut, responses={404: {}})
async def set_plan(
    request: Request,
    market: _Market,
    staff_id: _StaffId,
    body: PlanIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Supervisor,
    if_match: IfMatch = None,
) -> Response:
    """Names somebody for a market, or changes her days and hour."""
    row, found = await usecases.set_plan(
        session, run, market, staff_id, body, if_match, caller=caller, now=run.clock.now()
    )
    return reply(request, PlanOut.of(row, found.code, found.name, words), version=row.version)


@router.delete(_LINE, status_code=204, responses={404: {}})
async def end_plan(
    market: _Market, staff_id: _StaffId, session: Db, caller: Supervisor, if_match: IfMatch = None
) -> Response:
    """She surveys this market no longer."""
    await usecases.end_plan(session, market, staff_id, if_match)
    return Response(status_code=204)
