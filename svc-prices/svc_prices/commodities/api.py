"""Commodities over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities import documents, queries, usecases
from svc_prices.commodities.documents import TAG, Words
from svc_prices.commodities.models import Commodity
from svc_prices.commodities.schemas import CommodityIn, CommodityOut, InWords, NewCommodityIn

router = CityRouter(prefix="/v1/prices/commodities", tags=["commodities"])
CACHED = x_city(tags=[TAG])
Supervisor = Annotated[Caller, Allow(Staff("price_supervisor"))]
_Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]


@router.get("", response_model=Page[CommodityOut], openapi_extra=CACHED)
async def list_commodities(
    request: Request,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """What is surveyed, with units and reference prices, in the order of the list."""
    rows, following = await queries.page(session, limit, cursor)
    page = Page[CommodityOut](items=await _whole(session, rows, words), next=following)
    return reply(request, page, public=True)


@router.post("", status_code=201, response_model=CommodityOut, openapi_extra=x_city(idempotency="required"))
async def add_commodity(
    request: Request, body: NewCommodityIn, session: Db, run: Run, words: InWords, caller: Supervisor
) -> Response:
    """A commodity is surveyed on every market from now on."""
    commodity = await usecases.add(session, run, body, now=run.clock.now())
    (made,) = await _whole(session, [commodity], words)
    location = documents.link(commodity)
    return reply(request, made, version=commodity.version, status=201, location=location)


@router.get("/{code}", response_model=CommodityOut, openapi_extra=CACHED, responses={404: {}})
async def read_commodity(
    request: Request, code: _Code, session: Db, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """One commodity."""
    commodity = await usecases.found(session, code)
    (body,) = await _whole(session, [commodity], words)
    return reply(request, body, version=commodity.version, public=True)


@router.put("/{code}", response_model=CommodityOut, responses={404: {}})
async def change_commodity(
    request: Request,
    code: _Code,
    body: CommodityIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Supervisor,
    if_match: IfMatch = None,
) -> Response:
    """Sets what is known of a commodity; `active: false` ends its survey, its prices stay."""
    commodity = await usecases.change(session, run, code, body, if_match, now=run.clock.now())
    (changed,) = await _whole(session, [commodity], words)
    return reply(request, changed, version=commodity.version)


async def _whole(session: AsyncSession, rows: Sequence[Commodity], words: Words) -> list[CommodityOut]:
    ids = [row.id for row in rows]
    units = await usecases.local_units(session, ids)
    references = await usecases.references(session, ids)
    return [CommodityOut.of(row, units.get(row.id, ()), references.get(row.id, ()), words) for row in rows]
