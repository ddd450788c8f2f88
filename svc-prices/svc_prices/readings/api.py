"""Published prices over HTTP, for everybody."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Latitude, Longitude, Page
from svc_prices.commodities import documents as commodities
from svc_prices.commodities.schemas import InWords, PriceDay
from svc_prices.markets import documents as markets
from svc_prices.markets.models import MEDIAN
from svc_prices.observations.documents import TAG
from svc_prices.observations.rules import Level
from svc_prices.readings import documents, usecases
from svc_prices.readings.schemas import BasketOut, CompareOut, LatestOut, MedianOut, TrendOut
from svc_prices.readings.usecases import Line

router = CityRouter(prefix="/v1/prices", tags=["prices"])
Everybody = Annotated[Caller, Allow(Anyone)]
TAGS = [TAG, commodities.TAG, markets.TAG]
CACHED = x_city(tags=TAGS)
HOME = x_city(tags=TAGS, home={"section": "prices", "order": 30}, menu="market-prices")
COMPARED = x_city(tags=TAGS, menu="compare-markets")
_CODE = r"^[a-z0-9][a-z0-9._-]*$"
_Code = Annotated[str, Query(pattern=_CODE, max_length=60)]
_MaybeCode = Annotated[str | None, Query(pattern=_CODE, max_length=60)]
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, "description": "The line"}
}


async def _line(
    session: Db,
    words: InWords,
    commodity: _Code,
    market: Annotated[
        str, Query(pattern=_CODE, max_length=60, description="code, or the city's median")
    ] = MEDIAN,
    level: Level = "retail",
    first: Annotated[PriceDay | None, Query(alias="from", description="else 90 days before `to`")] = None,
    last: Annotated[PriceDay | None, Query(alias="to", description="else today")] = None,
) -> Line:
    return await usecases.line(session, commodity, market, level, first, last, words.today)


Asked = Annotated[Line, Depends(_line)]


@router.get("/latest", response_model=Page[LatestOut], openapi_extra=HOME)
async def list_latest(
    request: Request,
    session: Db,
    run: Run,
    words: InWords,
    caller: Everybody,
    commodity: _MaybeCode = None,
    market: _MaybeCode = None,
    level: Level = "retail",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """The newest published price of each commodity on each market, with change, reference and class."""
    found = await usecases.latest(
        session, run, level, commodity, market, words.today, limit=limit, cursor=cursor
    )
    items = [documents.latest_out(row, found, words) for row in found.rows]
    return reply(request, Page[LatestOut](items=items, next=found.next), public=True)


@router.get("/medians", response_model=Page[MedianOut], openapi_extra=CACHED)
async def list_medians(
    request: Request,
    session: Db,
    run: Run,
    words: InWords,
    caller: Everybody,
    level: Level = "retail",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """The city's newest median of each commodity, over the markets that published one that day."""
    found = await usecases.medians(session, run, level, words.today, limit=limit, cursor=cursor)
    items = [documents.median_out(row, found, words) for row in found.rows]
    return reply(request, Page[MedianOut](items=items, next=found.next), public=True)


@router.get("/compare", response_model=CompareOut, openapi_extra=COMPARED)
async def compare_markets(
    request: Request,
    session: Db,
    words: InWords,
    caller: Everybody,
    commodity: _Code,
    level: Level = "retail",
) -> Response:
    """One commodity on all markets, the cheapest first, and how far apart they are."""
    thing, rows, references = await usecases.compare(session, commodity, level)
    return reply(request, documents.compare_out(thing, level, rows, references, words), public=True)


@router.get("/trend", response_model=TrendOut, openapi_extra=CACHED)
async def read_trend(request: Request, found: Asked, words: InWords, caller: Everybody) -> Response:
    """One commodity day by day, of a market or the city's median, over three years at most."""
    return reply_bytes(request, documents.trend_json(found, words), "application/json", public=True)


@router.get("/trend.svg", openapi_extra=CACHED, responses=_PICTURE, response_class=Response)
async def draw_trend(request: Request, found: Asked, words: InWords, caller: Everybody) -> Response:
    """The same as a small picture, with its text alternative in the language of the answer."""
    content = documents.trend_svg(found, words)
    return reply_bytes(request, content, "image/svg+xml", public=True)


@router.get("/basket", response_model=BasketOut, openapi_extra=CACHED)
async def price_basket(
    request: Request,
    session: Db,
    words: InWords,
    caller: Everybody,
    item: Annotated[
        list[Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}(:[0-9]{1,4}(\.[0-9]{1,3})?)?$")]],
        Query(min_length=1, max_length=50, description="code:quantity, in the commodity's unit"),
    ],
    level: Level = "retail",
    lat: Latitude | None = None,
    lon: Longitude | None = None,
    limit: Limit = 20,
) -> Response:
    """What a list costs on each market: the fullest first, then the cheapest; missing things are named."""
    found = await usecases.basket(session, item, level, words.today)
    here = (lat, lon) if lat is not None and lon is not None else None
    return reply(request, documents.basket_out(found, here, limit, words), public=True)
