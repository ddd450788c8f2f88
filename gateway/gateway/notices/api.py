"""HTTP of this slice: the desk of notices. Everybody reads them in /v1/bootstrap."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from gateway.notices import queries, usecases
from gateway.notices.models import Notice
from gateway.notices.schemas import NoticeIn, NoticeRecordOut
from shared import paging
from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.errors import BadCursor
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter(prefix="/v1/admin/notices", tags=["admin"])
_Desk = Annotated[Caller, Allow(Staff("admin", "ops"))]
_FILTERS = {"list": "notices"}
_Which = Annotated[UUID, Path(description="The `id` it was given when it was written")]


@router.get("", response_model=Page[NoticeRecordOut])
async def list_notices(
    request: Request,
    session: Db,
    run: Run,
    caller: _Desk,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """All notices of the last year and of the future; the one that ends last comes first."""
    rows = await usecases.page(session, _place(cursor), limit + 1)
    items = [NoticeRecordOut.of(row, run.city.zone) for row in rows[:limit]]
    return reply(request, Page[NoticeRecordOut](items=items, next=_next(rows, limit)))


@router.post(
    "",
    status_code=201,
    response_model=NoticeRecordOut,
    openapi_extra=x_city(idempotency="required"),
    responses={409: {}},
)
async def write_notice(request: Request, session: Db, run: Run, caller: _Desk, body: NoticeIn) -> Response:
    """Tells everybody something, from when until when; apps show it within seconds."""
    notice = await usecases.write(session, run, caller, body, now=run.clock.now())
    shown, location = NoticeRecordOut.of(notice, run.city.zone), f"/v1/admin/notices/{notice.id}"
    return reply(request, shown, version=notice.version, status=201, location=location)


@router.get("/{notice_id}", response_model=NoticeRecordOut)
async def read_notice(request: Request, notice_id: _Which, session: Db, run: Run, caller: _Desk) -> Response:
    """One notice, with the ETag that changing it takes."""
    notice = await usecases.read(session, notice_id)
    return reply(request, NoticeRecordOut.of(notice, run.city.zone), version=notice.version)


@router.put("/{notice_id}", response_model=NoticeRecordOut)
async def change_notice(
    request: Request,
    notice_id: _Which,
    session: Db,
    run: Run,
    caller: _Desk,
    body: NoticeIn,
    if_match: IfMatch = None,
) -> Response:
    """Says it anew, all of it; whoever has read it sees the new words within seconds."""
    notice = await usecases.change(session, run, caller, notice_id, body, if_match, now=run.clock.now())
    return reply(request, NoticeRecordOut.of(notice, run.city.zone), version=notice.version)


@router.delete("/{notice_id}", status_code=204)
async def withdraw_notice(
    notice_id: _Which, session: Db, run: Run, caller: _Desk, if_match: IfMatch = None
) -> None:
    """Ends it now: nobody is shown it any more; the desk keeps it for a year."""
    await usecases.withdraw(session, caller, notice_id, if_match, now=run.clock.now())


def _next(rows: Sequence[Notice], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    return paging.encode([rows[limit - 1].ends_at.isoformat(), rows[limit - 1].id], _FILTERS)


def _place(cursor: str | None) -> queries.Place | None:
    if cursor is None:
        return None
    at, notice_id = paging.decode(cursor, _FILTERS, 2)
    try:
        return paging.moment(at), UUID(str(notice_id))
    except ValueError as error:
        raise BadCursor from error
