"""Events of the agenda over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.schemas import Page
from svc_tourism.agenda import usecases
from svc_tourism.agenda.schemas import AroundHere, EventOut
from svc_tourism.agenda.usecases import TAG
from svc_tourism.places.schemas import InWords

router = CityRouter(prefix="/v1/tourism/events", tags=["events"])


@router.get("", response_model=Page[EventOut], openapi_extra=x_city(tags=[TAG]), responses={404: {}})
async def list_events(
    request: Request,
    session: Db,
    around: AroundHere,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What is to come: around a place or a point nearest first, else the first to end first."""
    rows, following = await usecases.find_events(session, words.run, around, limit, cursor, now=words.now)
    items = [EventOut.of(row, words) for row in rows]
    return reply(request, Page[EventOut](items=items, next=following), public=True)
