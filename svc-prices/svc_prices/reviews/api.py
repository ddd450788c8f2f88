"""The supervisor's queue over HTTP."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities.schemas import InWords, PriceDay
from svc_prices.observations.rules import Level
from svc_prices.observations.schemas import ObservationOut
from svc_prices.observations.usecases import Named
from svc_prices.reviews import queries, usecases
from svc_prices.reviews.schemas import ApprovalIn, HeldOut, RejectionIn

router = CityRouter(prefix="/v1/prices/reviews", tags=["reviews"])
Supervisor = Annotated[Caller, Allow(Staff("price_supervisor"))]
ONCE = x_city(idempotency="required")
_Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]
_ONE = "/{market}/{day}/{commodity}/{level}"


async def _named(market: _Code, day: PriceDay, commodity: _Code, level: Level) -> Named:
    return Named(market, day, commodity, level)


Which = Annotated[Named, Depends(_named)]


@router.get("", response_model=Page[HeldOut])
async def list_held(
    request: Request,
    session: Db,
    words: InWords,
    caller: Supervisor,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Prices that look like slips, the longest waiting first."""
    rows, following = await queries.page(session, limit, cursor)
    items = [HeldOut.listed(row, words) for row in rows]
    return reply(request, Page[HeldOut](items=items, next=following))


@router.post(f"{_ONE}/approve", response_model=ObservationOut, openapi_extra=ONCE, responses={404: {}})
async def approve_price(
    request: Request,
    which: Which,
    session: Db,
    run: Run,
    words: InWords,
    caller: Supervisor,
    body: ApprovalIn = ApprovalIn(),
    if_match: IfMatch = None,
) -> Response:
    """It is right: it is published."""
    now = run.clock.now()
    found = await usecases.approve(session, which, body.reason, if_match, caller=caller, now=now)
    return reply(request, ObservationOut.of(found.row, found.names, words), version=found.row.version)


@router.post(f"{_ONE}/reject", response_model=ObservationOut, openapi_extra=ONCE, responses={404: {}})
async def reject_price(
    request: Request,
    which: Which,
    body: RejectionIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Supervisor,
    if_match: IfMatch = None,
) -> Response:
    """It is a slip: what was published before it is published again, if anything was."""
    now = run.clock.now()
    found = await usecases.reject(session, which, body.reason, if_match, caller=caller, now=now)
    return reply(request, ObservationOut.of(found.row, found.names, words), version=found.row.version)
