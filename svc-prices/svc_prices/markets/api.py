"""Markets over HTTP."""

from typing import Annotated

from fastapi import Path, Request, Response

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page
from svc_prices.commodities.schemas import InWords
from svc_prices.markets import documents, queries, usecases
from svc_prices.markets.documents import TAG
from svc_prices.markets.schemas import MarketIn, MarketOut, NewMarketIn

router = CityRouter(prefix="/v1/prices/markets", tags=["markets"])
CACHED = x_city(tags=[TAG])
Supervisor = Annotated[Caller, Allow(Staff("price_supervisor"))]
_Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]


@router.get("", response_model=Page[MarketOut], openapi_extra=CACHED)
async def list_markets(
    request: Request,
    session: Db,
    words: InWords,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """The markets that are surveyed, by name."""
    rows, following = await queries.page(session, limit, cursor)
    items = [MarketOut.of(row, words) for row in rows]
    return reply(request, Page[MarketOut](items=items, next=following), public=True)


@router.post("", status_code=201, response_model=MarketOut, openapi_extra=x_city(idempotency="required"))
async def open_market(
    request: Request, body: NewMarketIn, session: Db, run: Run, words: InWords, caller: Supervisor
) -> Response:
    """A market is surveyed from now on."""
    market = await usecases.open_market(session, run, body, now=run.clock.now())
    out, location = MarketOut.of(market, words), documents.link(market)
    return reply(request, out, version=market.version, status=201, location=location)


@router.get("/{code}", response_model=MarketOut, openapi_extra=CACHED, responses={404: {}})
async def read_market(
    request: Request, code: _Code, session: Db, words: InWords, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """One market."""
    market = await usecases.found(session, code)
    return reply(request, MarketOut.of(market, words), version=market.version, public=True)


@router.put("/{code}", response_model=MarketOut, responses={404: {}})
async def change_market(
    request: Request,
    code: _Code,
    body: MarketIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Supervisor,
    if_match: IfMatch = None,
) -> Response:
    """Sets what is known of a market; `active: false` closes it, its prices stay."""
    market = await usecases.change(session, run, code, body, if_match, now=run.clock.now())
    return reply(request, MarketOut.of(market, words), version=market.version)
