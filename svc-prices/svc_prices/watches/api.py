"""A resident's watches over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from shared.auth import Allow, Caller, Citizen
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities.schemas import InWords
from svc_prices.watches import queries, usecases
from svc_prices.watches.schemas import WatchIn, WatchOut

router = CityRouter(prefix="/v1/prices/watches", tags=["watches"])
Resident = Annotated[Caller, Allow(Citizen)]


@router.get("", response_model=Page[WatchOut])
async def list_watches(
    request: Request,
    session: Db,
    words: InWords,
    caller: Resident,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What she watches, oldest first."""
    rows, following = await queries.page(session, caller.person, limit, cursor)
    items = [WatchOut.listed(row, words) for row in rows]
    return reply(request, Page[WatchOut](items=items, next=following))


@router.post("", status_code=201, response_model=WatchOut, openapi_extra=x_city(idempotency="required"))
async def watch_price(
    request: Request, body: WatchIn, session: Db, run: Run, words: InWords, caller: Resident
) -> Response:
    """Tells her once whenever a published price or the city's median has moved that far; 50 at most."""
    made = await usecases.watch(session, body, citizen_id=caller.person, now=run.clock.now())
    return reply(request, WatchOut.new(made, words), version=made.row.version, status=201)


@router.delete("/{watch_id}", status_code=204, responses={404: {}})
async def end_watch(watch_id: UUID, session: Db, caller: Resident) -> Response:
    """Ends it."""
    await usecases.end(session, watch_id, citizen_id=caller.person)
    return Response(status_code=204)
