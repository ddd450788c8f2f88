"""The ledger over HTTP."""

from typing import Annotated

from fastapi import Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply
from shared.routes import CityRouter, x_city
from shared.schemas import Page
from svc_laksa.ledger import queries
from svc_laksa.ledger.schemas import LinkOut

router = CityRouter(prefix="/v1/laksa", tags=["ledger"])


@router.get("/ledger", response_model=Page[LinkOut], openapi_extra=x_city(key="none"))
async def list_ledger(
    request: Request,
    session: Db,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """The chain from its beginning; nobody is named in it, free text stands in it only as a salted digest."""
    rows, following = await queries.links_page(session, limit, cursor)
    return reply(request, Page[LinkOut](items=[LinkOut.of(row) for row in rows], next=following), public=True)
