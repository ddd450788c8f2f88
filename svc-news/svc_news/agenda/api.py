"""The agenda over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_news.agenda import usecases
from svc_news.agenda.documents import MEDIA_TYPE
from svc_news.agenda.schemas import Within
from svc_news.articles.documents import AGENDA_TAG
from svc_news.articles.schemas import InWords, ListedOut, written_as

router = CityRouter(prefix="/v1/news", tags=["agenda"])
HOME = x_city(tags=[AGENDA_TAG], home={"section": "events", "order": 80}, menu="agenda")
FEED = x_city(tags=[AGENDA_TAG], key="none")
CALENDAR = written_as(MEDIA_TYPE)
DistrictCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,40}$", description="Code of a district")]


@router.get("/agenda", response_model=Page[ListedOut], openapi_extra=HOME)
async def list_agenda(
    request: Request,
    session: Db,
    span: Within,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What takes place, the soonest first; cancelled events too, and they say so."""
    rows, following = await usecases.page(session, span, limit, cursor)
    page = Page[ListedOut](items=[ListedOut.of(row, words) for row in rows], next=following)
    return reply(request, page, public=True)


@router.get("/agenda.ics", response_class=Response, openapi_extra=FEED, responses=CALENDAR)
async def read_calendar(
    request: Request, session: Db, run: Run, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The city's calendar to subscribe to (RFC 5545): the last month and the next year."""
    content = await usecases.calendar(session, words, None, now=run.clock.now())
    return reply_bytes(request, content, MEDIA_TYPE, public=True)


@router.get("/agenda/{district}.ics", response_class=Response, openapi_extra=FEED, responses=CALENDAR)
async def read_district_calendar(
    request: Request,
    district: DistrictCode,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """A district's calendar to subscribe to."""
    content = await usecases.calendar(session, words, district, now=run.clock.now())
    return reply_bytes(request, content, MEDIA_TYPE, public=True)


@router.get(
    "/agenda/events/{article_id}.ics", response_class=Response, openapi_extra=FEED, responses=CALENDAR
)
async def read_event(
    request: Request, article_id: UUID, session: Db, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """One event, to put into one's own calendar."""
    content, version = await usecases.event(session, words, article_id)
    return reply_bytes(request, content, MEDIA_TYPE, version=version, public=True)
