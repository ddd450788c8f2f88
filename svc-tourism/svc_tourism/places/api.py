"""Places over HTTP."""

from typing import Annotated

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, HomeSection, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_tourism.places import usecases
from svc_tourism.places.documents import TAG, link
from svc_tourism.places.rules import Status
from svc_tourism.places.schemas import (
    CheckIn,
    Edited,
    FormOut,
    InWords,
    ListedOut,
    PlaceIn,
    PlaceOut,
    Ref,
    RevisionOut,
    Where,
)
from svc_tourism.places.usecases import Target

router = CityRouter(prefix="/v1/tourism", tags=["places"])
CACHED = x_city(tags=[TAG])
ON_HOME = x_city(tags=[TAG], home=HomeSection(section="places", order=70), menu="e-plesiran")
ONCE = x_city(idempotency="required")
Editor = Annotated[Caller, Allow(Staff("tourism_editor"))]
Everybody = Annotated[Caller, Allow(Anyone)]


@router.get("/places", response_model=Page[ListedOut], openapi_extra=ON_HOME, responses={422: {}})
async def list_places(
    request: Request,
    session: Db,
    where: Where,
    words: InWords,
    caller: Everybody,
    open_now: Annotated[bool, Query(description="Only what is open; a page may then be short")] = False,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Places by name; with `lat` and `lon` from there outward, with `bbox` from its middle."""
    rows, following = await usecases.list_public(session, words, where, limit, cursor, open_now=open_now)
    items = [ListedOut.of(row, words) for row in rows]
    return reply(request, Page[ListedOut](items=items, next=following), public=True)


@router.get("/places/{ref}", response_model=PlaceOut, openapi_extra=CACHED)
async def read_place(request: Request, ref: Ref, session: Db, words: InWords, caller: Everybody) -> Response:
    """One place, with how fresh its facts are and the hours of the next seven days."""
    row = await usecases.read(session, Target(ref))
    return reply(request, PlaceOut.of(row, words), version=row.version, public=True)


@router.post("/places", status_code=201, response_model=FormOut, openapi_extra=ONCE)
async def create_place(request: Request, body: PlaceIn, session: Db, run: Run, caller: Editor) -> Response:
    """A new place; a draft unless it says otherwise."""
    row = await usecases.create(session, run, body, caller=caller, now=run.clock.now())
    out = FormOut.of(row, run.city.zone)
    return reply(request, out, version=row.version, status=201, location=link(row))


@router.put("/places/{ref}", response_model=FormOut)
async def replace_place(
    request: Request, which: Edited, body: PlaceIn, session: Db, run: Run, caller: Editor
) -> Response:
    """Writes a place anew: facts, photos, status."""
    row = await usecases.replace(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, FormOut.of(row, run.city.zone), version=row.version)


@router.post("/places/{ref}/checks", response_model=FormOut, openapi_extra=ONCE)
async def check_place(
    request: Request, which: Edited, body: CheckIn, session: Db, run: Run, caller: Editor
) -> Response:
    """Confirms that groups of facts are right today."""
    row = await usecases.check_facts(session, run, which, body, caller=caller, now=run.clock.now())
    return reply(request, FormOut.of(row, run.city.zone), version=row.version)


@router.get("/editing", response_model=Page[ListedOut])
async def list_for_editors(
    request: Request,
    session: Db,
    words: InWords,
    caller: Editor,
    status: Annotated[Status, Query()] = "draft",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Places of one status, the last changed first."""
    rows, following = await usecases.list_for_editors(session, status, limit, cursor)
    return reply(request, Page[ListedOut](items=[ListedOut.of(row, words) for row in rows], next=following))


@router.get("/editing/{ref}", response_model=FormOut)
async def read_form(request: Request, ref: Ref, session: Db, run: Run, caller: Editor) -> Response:
    """A place as editors write it, in all languages, whatever its status."""
    row = await usecases.form_of(session, ref)
    return reply(request, FormOut.of(row, run.city.zone), version=row.version)


@router.get("/editing/{ref}/history", response_model=Page[RevisionOut])
async def list_history(
    request: Request,
    ref: Ref,
    session: Db,
    words: InWords,
    caller: Editor,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Who changed which fact of a place, when, and what it said before; the last edit first."""
    rows, following = await usecases.history(session, ref, limit, cursor)
    items = [RevisionOut.of(row, words) for row in rows]
    return reply(request, Page[RevisionOut](items=items, next=following))
