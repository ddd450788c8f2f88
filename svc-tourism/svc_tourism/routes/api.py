"""The way from here to there over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from svc_tourism.routes.schemas import Asked, RouteIn, RouteOut
from svc_tourism.routes.usecases import find_way

router = CityRouter(prefix="/v1/tourism", tags=["routes"])
PATIENT = x_city(deadline_ms=4_000)
_ANSWERING_SECONDS = 0.2


@router.get("/route", response_model=RouteOut, openapi_extra=PATIENT)
async def read_route(
    request: Request, asked: Asked, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The way between two places that everybody may know: for links. Turns in the answer's language."""
    return reply(request, await _answer(request, run, asked))


@router.post("/route", response_model=RouteOut, openapi_extra=PATIENT)
async def find_route(
    request: Request, body: RouteIn, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The same for where a resident is: her position stands in no address. Nothing is kept."""
    return reply(request, await _answer(request, run, body))


async def _answer(request: Request, run: Runtime, asked: RouteIn) -> RouteOut:
    context = request.scope["city"]
    way = await find_way(run, asked.places, asked.mode, patience=context.left - _ANSWERING_SECONDS)
    return RouteOut.of(way, run, context.language)
