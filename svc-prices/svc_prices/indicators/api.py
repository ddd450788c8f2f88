"""What prices mean, over HTTP."""

from typing import Annotated

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities import documents as commodities
from svc_prices.commodities.schemas import InWords
from svc_prices.indicators import usecases
from svc_prices.indicators.schemas import AlertOut
from svc_prices.observations.documents import TAG

router = CityRouter(prefix="/v1/prices", tags=["indicators"])


@router.get("/alerts", response_model=Page[AlertOut], openapi_extra=x_city(tags=[TAG, commodities.TAG]))
async def list_alerts(
    request: Request,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    alerting: Annotated[bool, Query(description="Only what ALPS or IFPA put above normal")] = False,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> Response:
    """Each commodity's class, ALPS and IFPA with rule, baseline and number of observations."""
    rows, following = await usecases.page(session, run, alerting, limit, cursor)
    page = Page[AlertOut](items=[AlertOut.of(row, words) for row in rows], next=following)
    return reply(request, page, public=True)
