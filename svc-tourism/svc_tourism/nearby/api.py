"""The nearest places over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.replies import reply
from shared.routes import CityRouter, x_city
from svc_tourism.nearby import usecases
from svc_tourism.nearby.schemas import NearbyOut, SoughtHere
from svc_tourism.places.documents import TAG
from svc_tourism.places.schemas import InWords

router = CityRouter(prefix="/v1/tourism/nearby", tags=["nearby"])


@router.get("", response_model=NearbyOut, openapi_extra=x_city(tags=[TAG]))
async def list_nearby(
    request: Request,
    session: Db,
    sought: SoughtHere,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """The nearest places of several kinds in one call, the estimated way, and how they stand on arrival."""
    found = await usecases.nearby(session, words, sought)
    return reply(request, NearbyOut.of(found, sought.mode, words), public=True)
