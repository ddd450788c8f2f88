"""Announcements over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.schemas import Page
from svc_example.announcements import queries, usecases
from svc_example.announcements.documents import TAG, link
from svc_example.announcements.models import Announcement
from svc_example.announcements.schemas import AnnouncementIn, AnnouncementOut

router = CityRouter(prefix="/v1/example/announcements", tags=["announcements"])
CACHED = x_city(tags=[TAG])
ONCE = x_city(idempotency="required")


@router.get("", response_model=Page[AnnouncementOut], openapi_extra=CACHED)
async def list_announcements(
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What holds, newest first."""
    rows, following = await queries.page(session, limit, cursor)
    items = [_out(request, run, row) for row in rows]
    return reply(request, Page[AnnouncementOut](items=items, next=following), public=True)


@router.get("/{announcement_id}", response_model=AnnouncementOut, openapi_extra=CACHED, responses={404: {}})
async def read_announcement(
    request: Request,
    announcement_id: UUID,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """One that holds; 404 once it is withdrawn."""
    row = await usecases.read(session, announcement_id)
    return reply(request, _out(request, run, row), version=row.version, public=True)


@router.post("", status_code=201, response_model=AnnouncementOut, openapi_extra=ONCE)
async def publish_announcement(
    request: Request,
    body: AnnouncementIn,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Staff("admin"))],
) -> Response:
    """Tells the public."""
    row = await usecases.publish(session, run, body, now=run.clock.now())
    return reply(request, _out(request, run, row), version=row.version, status=201, location=link(row))


@router.post(
    "/{announcement_id}/withdraw", response_model=AnnouncementOut, openapi_extra=ONCE, responses={404: {}}
)
async def withdraw_announcement(
    request: Request,
    announcement_id: UUID,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Staff("admin"))],
    if_match: IfMatch = None,
) -> Response:
    """Takes it back."""
    row = await usecases.withdraw(session, announcement_id, if_match, now=run.clock.now())
    return reply(request, _out(request, run, row), version=row.version)


def _out(request: Request, run: Runtime, row: Announcement) -> AnnouncementOut:
    return AnnouncementOut.of(row, request.scope["city"].language, run.city.zone)
