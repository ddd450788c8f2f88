"""Opening hours over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Caller, Staff
from shared.replies import reply
from shared.routes import CityRouter
from svc_tourism.hours import usecases
from svc_tourism.hours.schemas import HoursIn, HoursReadOut
from svc_tourism.places.schemas import InWords

router = CityRouter(prefix="/v1/tourism/hours", tags=["hours"])


@router.post("/read", response_model=HoursReadOut)
async def read_hours(
    request: Request, body: HoursIn, words: InWords, caller: Annotated[Caller, Allow(Staff("tourism_editor"))]
) -> Response:
    """How written opening hours are understood, before they are kept; 422 names the part that is not."""
    read = await usecases.interpret(words.run, body.hours, now=words.now)
    return reply(request, HoursReadOut.of(read, words))
