"""HTTP of this slice."""

from typing import Annotated

from fastapi import Query, Request, Response

from gateway.search import queries
from gateway.search.documents import found_out, types_out
from gateway.search.rules.keys import MOST_RADIUS_M
from gateway.search.schemas import FoundOut, TypesOut
from gateway.search.usecases import Filters, find, place
from shared import paging
from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Latitude, Longitude

router = CityRouter(prefix="/v1/search", tags=["search"])
TAG = "search"

Wanted = Annotated[str, Query(min_length=1, max_length=1_000, description="Words; slips are forgiven")]
TypeName = Annotated[
    str | None, Query(alias="type", pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$", description="See /v1/search/types")
]
AreaCode = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,10}(\.[0-9]{1,10}){0,4}$", description="Of a district or village, such as 36.71.01"
    ),
]
Radius = Annotated[int | None, Query(ge=1, le=MOST_RADIUS_M, description="Metres around lat and lon")]


#: A spike asks the same again and again; what is published meanwhile is found five seconds later at most.
_SHARED = "public, no-cache, s-maxage=5"


@router.get("", response_model=FoundOut, openapi_extra=x_city(tags=[TAG]))
async def search(
    session: Db,
    run: Run,
    request: Request,
    caller: Annotated[Caller, Allow(Anyone)],
    q: Wanted,
    type_name: TypeName = None,
    area: AreaCode = None,
    lat: Latitude | None = None,
    lon: Longitude | None = None,
    radius_m: Radius = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """Everything published that fits, over all services and providers; an answer may be five seconds old."""
    language = request.scope["city"].language
    filters = Filters(q, language, type_name, area, place(lat, lon, radius_m), radius_m)
    found = await find(session, filters, cursor=cursor, limit=limit, now=run.clock.now())
    told = reply(request, found_out(found, language, run.city.zone), public=True)
    told.headers["Cache-Control"] = _SHARED
    return told


@router.get("/types", response_model=TypesOut, openapi_extra=x_city(tags=[TAG]))
async def types(
    session: Db, run: Run, request: Request, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """What there is to be found, by type; the counts may be some minutes old."""
    return reply(request, types_out(await queries.types(session, run.clock.now())), public=True)
