"""Sources over HTTP: who they are for everybody, how they do for their managers."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_news.articles.schemas import InWords
from svc_news.sources import usecases
from svc_news.sources.documents import TAG
from svc_news.sources.rules import ROLES, State
from svc_news.sources.schemas import SourceChangeIn, SourceIn, SourceOut, TriedOut, Which

router = CityRouter(prefix="/v1/news/sources", tags=["sources"])
Manager = Annotated[Caller, Allow(Staff(*ROLES))]
_TRY_SECONDS = 8.0


@router.get(
    "", response_model=Page[SourceOut], openapi_extra=x_city(tags=[TAG]), responses={401: {}, 403: {}}
)
async def list_sources(
    request: Request,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone, Staff(*ROLES))],
    view: Annotated[
        Literal["public", "managed"], Query(description="`managed`: how they do, for staff")
    ] = "public",
    state: Annotated[State | None, Query(description="Only in the managed view")] = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Whose news is collected here and how they want to be named, by code."""
    managed = usecases.may_manage(caller, view)
    rows, following = await usecases.page(session, state, managed, limit, cursor)
    items = [SourceOut.of(row, words, managed=managed) for row in rows]
    return reply(request, Page[SourceOut](items=items, next=following), public=not managed)


@router.post(
    "",
    response_model=SourceOut,
    status_code=201,
    openapi_extra=x_city(idempotency="required"),
    responses={409: {}},
)
async def add_source(
    request: Request, session: Db, run: Run, words: InWords, body: SourceIn, caller: Manager
) -> Response:
    """A new source; it is asked within seconds if it is active."""
    source = await usecases.add(session, run, body, now=run.clock.now())
    shown = SourceOut.of(source, words, managed=True)
    location = f"/v1/news/sources/{source.code}"
    return reply(request, shown, version=source.version, status=201, location=location)


@router.get("/{code}", response_model=SourceOut)
async def read_source(
    request: Request, code: Which, session: Db, words: InWords, caller: Manager
) -> Response:
    """One source with all that its managers see."""
    source = await usecases.read(session, code)
    return reply(request, SourceOut.of(source, words, managed=True), version=source.version)


@router.patch("/{code}", response_model=SourceOut)
async def change_source(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    words: InWords,
    body: SourceChangeIn,
    caller: Manager,
    if_match: IfMatch = None,
) -> Response:
    """Changes it, or switches it on or off; its items stay."""
    source = await usecases.change(session, run, code, body, if_match, now=run.clock.now())
    return reply(request, SourceOut.of(source, words, managed=True), version=source.version)


@router.post("/{code}/try", response_model=TriedOut, openapi_extra=x_city(deadline_ms=10_000))
async def try_source(request: Request, code: Which, run: Run, words: InWords, caller: Manager) -> Response:
    """Visits it now and tells what it brings; nothing is kept. A source switched off can be tried too."""
    tried = await usecases.try_out(run, code, _TRY_SECONDS, now=run.clock.now())
    return reply(request, TriedOut.of(tried, words))
