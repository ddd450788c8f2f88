"""The agencies over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.schemas import Page
from svc_laksa.agencies.schemas import AgencyOut
from svc_laksa.reports.schemas import InWords

router = CityRouter(prefix="/v1/laksa", tags=["agencies"])


@router.get("/agencies", response_model=Page[AgencyOut], openapi_extra=x_city(tags=["laksa:agencies"]))
async def list_agencies(
    request: Request, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """Every agency of the pack; the list is as long as the city has offices."""
    items = [AgencyOut.of(code, words) for code in words.run.city.agencies]
    return reply(request, Page[AgencyOut](items=items), public=True)
