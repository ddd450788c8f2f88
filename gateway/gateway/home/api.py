"""HTTP of this slice."""

from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response

from gateway.bootstrap.rules import platform
from gateway.edge.declaring import HOME_TAG
from gateway.home import documents
from gateway.home.schemas import HomeOut
from gateway.home.usecases import Home
from shared.auth import Allow, Anyone, Caller, Citizen
from shared.city.areas import Village
from shared.errors import FieldError, Unprocessable
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Latitude, Longitude

router = CityRouter(tags=["home"])
_HOME = x_city(tags=[HOME_TAG])


async def _village(
    run: Run,
    lat: Annotated[Latitude | None, Query(description="With `lon`: what is near comes first")] = None,
    lon: Annotated[Longitude | None, Query()] = None,
) -> Village | None:
    """The village of the place; None for none, or one outside the city."""
    if lat is None or lon is None:
        if lat is lon:
            return None
        raise Unprocessable(errors=[FieldError("lat" if lat is None else "lon", "missing")])
    found = run.city.areas.locate(lat, lon)
    return found.village if found.inside else None


@router.get("/v1/home", response_model=HomeOut, openapi_extra=_HOME, responses={422: {}})
async def read_home(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
    village: Annotated[Village | None, Depends(_village)],
    x_app_platform: Annotated[str | None, Header(description="android, ios or web")] = None,
) -> Response:
    """Everything the city has for me today: what I wait for, what is near, prices, news, events."""
    home: Home = run.part(Home)
    citizen = caller.person if caller.kind == "citizen" else None
    page = await home.page(request.scope["city"].language, platform(x_app_platform), village, citizen)
    return documents.answer(request, page)
