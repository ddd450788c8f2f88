"""Itineraries over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from shared.auth import Allow, Anyone, Caller, Citizen
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.schemas import Page
from svc_tourism.itineraries import usecases
from svc_tourism.itineraries.schemas import ItineraryIn, ItineraryOut, PlanDay, PlanOut, SharedOut, ShareOut
from svc_tourism.places.schemas import InWords

router = CityRouter(prefix="/v1/tourism", tags=["itineraries"])
ONCE = x_city(idempotency="required")
Resident = Annotated[Caller, Allow(Citizen)]
Everybody = Annotated[Caller, Allow(Anyone)]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{32}$")]


@router.post("/itineraries", status_code=201, response_model=ItineraryOut, openapi_extra=ONCE)
async def save_itinerary(
    request: Request, body: ItineraryIn, session: Db, words: InWords, caller: Resident
) -> Response:
    """Saves a list of places."""
    saved = await usecases.save(session, words.run, body, caller=caller, now=words.now)
    return reply(request, ItineraryOut.of(saved, words), version=saved.row.version, status=201)


@router.get("/itineraries", response_model=Page[ItineraryOut])
async def list_itineraries(
    request: Request,
    session: Db,
    words: InWords,
    caller: Resident,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Hers, in the order they were begun."""
    found, following = await usecases.list_own(session, words.run, limit, cursor, caller=caller)
    items = [ItineraryOut.of(each, words) for each in found]
    return reply(request, Page[ItineraryOut](items=items, next=following))


@router.get("/itineraries/{itinerary_id}", response_model=ItineraryOut)
async def read_itinerary(
    request: Request, itinerary_id: UUID, session: Db, words: InWords, caller: Resident
) -> Response:
    """One of hers."""
    saved = await usecases.read(session, words.run, itinerary_id, caller=caller)
    return reply(request, ItineraryOut.of(saved, words), version=saved.row.version)


@router.put("/itineraries/{itinerary_id}", response_model=ItineraryOut)
async def replace_itinerary(
    request: Request,
    itinerary_id: UUID,
    body: ItineraryIn,
    session: Db,
    words: InWords,
    caller: Resident,
    if_match: IfMatch = None,
) -> Response:
    """Writes it anew: places, order, notes."""
    saved = await usecases.replace(
        session, words.run, itinerary_id, body, if_match, caller=caller, now=words.now
    )
    return reply(request, ItineraryOut.of(saved, words), version=saved.row.version)


@router.delete("/itineraries/{itinerary_id}", status_code=204)
async def remove_itinerary(itinerary_id: UUID, session: Db, caller: Resident) -> None:
    """Deletes it."""
    await usecases.remove(session, itinerary_id, caller=caller)


@router.get("/itineraries/{itinerary_id}/plan", response_model=PlanOut)
async def plan_itinerary(
    request: Request,
    itinerary_id: UUID,
    session: Db,
    words: InWords,
    caller: Resident,
    day: Annotated[PlanDay | None, Query(description="Else its own day, else today")] = None,
) -> Response:
    """In which order its places fit into a day, and why the others do not."""
    planned = await usecases.plan_day(session, words.run, itinerary_id, day, caller=caller, now=words.now)
    return reply(request, PlanOut.of(planned, words))


@router.post(
    "/itineraries/{itinerary_id}/share", status_code=201, response_model=ShareOut, openapi_extra=ONCE
)
async def share_itinerary(request: Request, itinerary_id: UUID, session: Db, caller: Resident) -> Response:
    """A read-only link; another one ends."""
    link = await usecases.share(session, itinerary_id, caller=caller)
    return reply(request, ShareOut(link=link), status=201)


@router.delete("/itineraries/{itinerary_id}/share", status_code=204)
async def stop_sharing(itinerary_id: UUID, session: Db, caller: Resident) -> None:
    """Ends the link."""
    await usecases.stop_sharing(session, itinerary_id, caller=caller)


@router.get("/shared/{token}", response_model=SharedOut, openapi_extra=x_city(key="none"))
async def read_shared(
    request: Request, token: Token, session: Db, words: InWords, caller: Everybody
) -> Response:
    """A shared itinerary, for whoever has its link."""
    saved = await usecases.read_shared(session, words.run, token)
    return reply(request, SharedOut.of(saved, words))
