"""Prices in and out over HTTP."""

import json
from hashlib import sha256
from typing import Annotated

from fastapi import Query, Request, Response

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.replies import reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_prices.commodities import documents as commodities
from svc_prices.commodities.schemas import InWords
from svc_prices.exchange import documents, usecases
from svc_prices.exchange.schemas import CSV, FILE, LIMIT, Between, ImportOut, csv_of
from svc_prices.exchange.usecases import Declared
from svc_prices.markets import documents as markets
from svc_prices.observations.documents import TAG

router = CityRouter(prefix="/v1/prices", tags=["exchange"])
_IMPORT = {**x_city(idempotency="required", body_limit=LIMIT, deadline_ms=10_000), **CSV}
_TAGS = [TAG, commodities.TAG, markets.TAG]
_EXPORT = x_city(stream=True, key="none", tags=_TAGS)


@router.post(
    "/imports", response_model=ImportOut, openapi_extra=_IMPORT, responses={413: {}, 415: {}, 422: {}}
)
async def import_prices(
    request: Request,
    session: Db,
    run: Run,
    words: InWords,
    caller: Annotated[Caller, Allow(Staff("price_supervisor"))],
    market: Annotated[str | None, Query(max_length=60, description="Where a Panel Harga belongs")] = None,
    historical: Annotated[
        bool, Query(description="You have checked these prices: older outliers are published, nobody is told")
    ] = False,
) -> Response:
    """Takes a CSV of WFP/HDX columns or Panel Harga rows; what is there already is never changed by it."""
    content = await csv_of(request)
    declared = Declared(caller.person, sha256(content).hexdigest(), market, historical)
    report = await usecases.import_text(session, run, content, declared)
    return reply(request, ImportOut.of(report, words))


@router.get("/exports/wfp.csv", openapi_extra=_EXPORT, responses=FILE, response_class=Response)
async def export_wfp(
    request: Request, run: Run, days: Between, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """Every published price, in the columns of WFP/HDX."""
    edition = await usecases.edition(run, days)
    return await documents.file(request, run, "wfp.csv", edition, usecases.export_wfp(run, days))


@router.get("/exports/panel-harga.csv", openapi_extra=_EXPORT, responses=FILE, response_class=Response)
async def export_panel(
    request: Request, run: Run, days: Between, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """The city's medians, as rows of the Panel Harga."""
    edition = await usecases.edition(run, days)
    return await documents.file(request, run, "panel-harga.csv", edition, usecases.export_panel(run, days))


@router.get("/exports/datapackage.json", openapi_extra=x_city(key="none", tags=_TAGS))
async def describe_exports(
    request: Request,
    session: Db,
    run: Run,
    words: InWords,
    days: Between,
    caller: Annotated[Caller, Allow(Anyone)],
) -> Response:
    """What stands in the files: licence, sources, age and columns (Frictionless data package)."""
    package = await usecases.describe(session, run, days, words.language)
    content = json.dumps(package, ensure_ascii=False).encode()
    return reply_bytes(request, content, "application/json", public=True)
