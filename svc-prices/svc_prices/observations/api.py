"""Entering and correcting prices over HTTP, and reading what was said."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from svc_prices.commodities.schemas import InWords, PriceDay
from svc_prices.observations import usecases
from svc_prices.observations.rules import Level
from svc_prices.observations.schemas import (
    BatchIn,
    BatchOut,
    CorrectionIn,
    FormOut,
    HistoryOut,
    ObservationOut,
)
from svc_prices.observations.schemas.telling import batch_out, form_out, history_out
from svc_prices.observations.usecases import Named

router = CityRouter(prefix="/v1/prices/observations", tags=["observations"])
Surveyors = Annotated[Caller, Allow(Staff("market_surveyor", "price_supervisor"))]
_Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]


async def _named(market: _Code, day: PriceDay, commodity: _Code, level: Level) -> Named:
    return Named(market, day, commodity, level)


Which = Annotated[Named, Depends(_named)]
_ONE = "/{market}/{day}/{commodity}/{level}"


@router.post("", response_model=BatchOut, openapi_extra=x_city(idempotency="required", deadline_ms=10_000))
async def enter_prices(
    request: Request, body: BatchIn, session: Db, run: Run, words: InWords, caller: Surveyors
) -> Response:
    """Takes up to 500 rows of one market and day; each is answered on its own, and has one effect."""
    judged = await usecases.enter(session, run, body, caller=caller, now=run.clock.now())
    return reply(request, batch_out(body, judged, words))


@router.get("/form", response_model=FormOut, responses={404: {}})
async def read_form(
    request: Request,
    session: Db,
    words: InWords,
    caller: Surveyors,
    market: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)],
    day: PriceDay | None = None,
    level: Level = "retail",
) -> Response:
    """What to enter: each commodity with its last price, the city's median and other markets' prices."""
    found = await usecases.form(session, market, day or words.today, level, caller=caller)
    return reply(request, form_out(found, words))


@router.get(_ONE, response_model=ObservationOut, responses={404: {}})
async def read_observation(
    request: Request, which: Which, session: Db, words: InWords, caller: Surveyors
) -> Response:
    """One observation as it stands."""
    found = await usecases.read(session, which)
    body = ObservationOut.of(found.row, found.names, words)
    return reply(request, body, version=found.row.version)


@router.get(f"{_ONE}/history", response_model=HistoryOut, responses={404: {}})
async def read_history(
    request: Request, which: Which, session: Db, words: InWords, caller: Surveyors
) -> Response:
    """What was said of it before, by whom, and who changed it."""
    found, before = await usecases.history(session, which)
    return reply(request, history_out(found, before, words), version=found.row.version)


@router.patch(_ONE, response_model=ObservationOut, responses={404: {}})
async def correct_observation(
    request: Request,
    which: Which,
    body: CorrectionIn,
    session: Db,
    run: Run,
    words: InWords,
    caller: Surveyors,
    if_match: IfMatch = None,
) -> Response:
    """Puts it right, with a reason; what it said before stays in its history."""
    found = await usecases.correct(session, run, which, body, if_match, caller=caller, now=run.clock.now())
    return reply(request, ObservationOut.of(found.row, found.names, words), version=found.row.version)
