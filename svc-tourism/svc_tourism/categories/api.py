"""Kinds of places over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.replies import reply
from shared.routes import CityRouter, x_city
from svc_tourism.categories.schemas import TreeOut
from svc_tourism.pack import PlaceCategories
from svc_tourism.places.documents import TAG
from svc_tourism.places.schemas import InWords

router = CityRouter(prefix="/v1/tourism/categories", tags=["categories"])


@router.get("", response_model=TreeOut, openapi_extra=x_city(tags=[TAG]))
async def list_categories(
    request: Request, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The tree of kinds of places."""
    return reply(request, TreeOut.of(words.run.part(PlaceCategories), words.language), public=True)
