"""The gazetteer over HTTP; POST, because what a resident types may be her own address."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.replies import reply
from shared.routes import CityRouter
from shared.schemas import Page
from svc_laksa.places.schemas import CandidateOut, PlaceIn
from svc_laksa.reports.schemas import InWords

router = CityRouter(prefix="/v1/laksa/places", tags=["places"])


@router.post("/locate", response_model=Page[CandidateOut])
async def locate_place(
    request: Request, body: PlaceIn, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """Where "depan Pasar Anyar" may be: candidates, best first; none if nothing fits. Nothing is kept."""
    found = words.run.city.gazetteer.find(body.text, body.limit)
    return reply(request, Page[CandidateOut](items=[CandidateOut.of(each, words) for each in found]))
