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
    home: Home = run.part(Home)
    return home.village(lat, lon)


@router.get("/v1/home", response_model=HomeOut, openapi_extra=_HOME, responses={422: {}})
async def read_home(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
    village: Annotated[Village | None, Depends(_village)],
    x_app_platform: Annotated[str | None, Header(description="android, ios or web")] = None,
) -> Response:
    """Everything the city has for me today, in sections: show them in their order, each by its `status`.

    `ok`: show `items`. `stale`: its owner does not answer; show `items` with `as_of` beside them.
    `unavailable`: there is nothing to show, say so in its place. The answer is 200 in every case, within half
    a second; ask again with `If-None-Match`. Items are as their owner's own list has them; `menu` opens the
    rest. Signed in, what I wait for comes first as `my_requests`.
    """
    home: Home = run.part(Home)
    citizen = caller.person if caller.kind == "citizen" else None
    page = await home.page(request.scope["city"].language, platform(x_app_platform), village, citizen)
    return documents.answer(request, page)
