"""Reading reports: the public's lists, one's own, one report in the view its reader has."""

from typing import Annotated

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Latitude, Longitude, Page
from svc_laksa.reports import queries
from svc_laksa.reports.documents import TAG
from svc_laksa.reports.rules import FIELD, Role
from svc_laksa.reports.schemas import (
    InWords,
    ListedOut,
    NarrowedTo,
    QueueItemOut,
    ReportOut,
    Shown,
    TimelineItemOut,
    Where,
)
from svc_laksa.reports.usecases import QueueOf, View, queue, read

router = CityRouter(prefix="/v1/laksa", tags=["reports"])
ON_HOME = {"section": "reports", "order": 20}
PUBLIC_LIST = x_city(tags=[TAG], home=ON_HOME)
NEARBY = x_city(tags=[TAG], home=ON_HOME, menu="reports-nearby")


@router.get("/reports", response_model=Page[ListedOut], openapi_extra=PUBLIC_LIST)
async def list_reports(
    request: Request,
    where: Where,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What residents reported, newest first: public and name-hidden categories only."""
    rows, following = await queries.public_page(session, where, limit, cursor)
    page = Page[ListedOut](items=[ListedOut.of(row, words) for row in rows], next=following)
    return reply(request, page, public=True)


@router.get("/reports/nearby", response_model=Page[ListedOut], openapi_extra=NEARBY)
async def list_nearby(
    request: Request,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    lat: Latitude,
    lon: Longitude,
    radius_m: Annotated[int, Query(ge=1, le=2_000)] = 250,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """Open reports around a point, nearest first: is it reported already?"""
    rows = await queries.nearby(session, lat, lon, radius_m, limit)
    items = [ListedOut.of(row, words, distance_m=round(row.distance_m)) for row in rows]
    return reply(request, Page[ListedOut](items=items), public=True)


@router.get("/reports/mine", response_model=Page[ListedOut])
async def list_mine(
    request: Request,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Citizen)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """One's own reports, newest first."""
    rows, following = await queries.page_of_citizen(session, caller.person, limit, cursor)
    return reply(request, Page[ListedOut](items=[ListedOut.of(row, words) for row in rows], next=following))


@router.get("/reports/{ref}", response_model=ReportOut)
async def read_report(
    request: Request,
    which: Shown,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone, Citizen, Staff())],
    view: View | None = None,
) -> Response:
    """One report by id or number. Without `view` the best one the caller has; 404 if it is none of theirs."""
    found = await read(session, run, which, view, caller=caller)
    body = ReportOut.whole(found, words)
    return reply(request, body, version=body.version, public=found.view == "public")


@router.get("/reports/{ref}/timeline", response_model=Page[TimelineItemOut])
async def read_timeline(
    request: Request,
    which: Shown,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone, Citizen, Staff())],
) -> Response:
    """Everything that happened, oldest first (the latest 200 steps), as the resident sees it."""
    found = await read(session, run, which, None, caller=caller)
    items = [TimelineItemOut.of(step, found, words) for step in found.steps]
    return reply(
        request,
        Page[TimelineItemOut](items=items),
        version=found.report.version,
        public=found.view == "public",
    )


@router.get("/queue", response_model=Page[QueueItemOut])
async def list_queue(
    request: Request,
    narrowed: NarrowedTo,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Staff(*sorted(FIELD | {Role.VERIFIER, Role.MODERATOR})))],
    of: QueueOf = "agency",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What waits for this member of staff, the most urgent deadline first."""
    rows, following = await queue(session, of, narrowed, caller=caller, limit=limit, cursor=cursor)
    return reply(
        request, Page[QueueItemOut](items=[QueueItemOut.of(row, words) for row in rows], next=following)
    )
