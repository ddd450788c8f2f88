"""The category tree over HTTP."""

from typing import Annotated, get_args

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.replies import reply
from shared.routes import CityRouter, x_city
from svc_laksa.categories.schemas import TreeOut, tree_of
from svc_laksa.pack import Privacy, ReportCategories
from svc_laksa.reports.schemas import InWords

router = CityRouter(prefix="/v1/laksa", tags=["categories"])


@router.get("/categories", response_model=TreeOut, openapi_extra=x_city(tags=["laksa:categories"]))
async def list_categories(
    request: Request, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """What can be reported, with questions, deadlines and privacy."""
    privacy = {code: words.text(f"privacy.{code}") for code in get_args(Privacy)}
    return reply(request, tree_of(words.run.part(ReportCategories), privacy, words.language), public=True)
