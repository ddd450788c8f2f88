"""The catalogue as a document, and the data sets of other agencies in it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import JSONResponse

from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.replies import IfMatch, reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.schemas import Page
from svc_tourism.catalogue import queries, usecases
from svc_tourism.catalogue.documents import MEDIA_TYPE, TAG, catalogue, link
from svc_tourism.catalogue.models import Dataset
from svc_tourism.catalogue.schemas import DatasetIn, DatasetOut

router = CityRouter(tags=["catalogue"])
PATH = "/v1/tourism/datasets"
CACHED, ONCE = x_city(tags=[TAG]), x_city(idempotency="required")
ON_MENU = x_city(tags=[TAG], menu="satu-data")
OPEN = x_city(tags=[TAG], key="none")
Editor = Annotated[Caller, Allow(Staff("tourism_editor", "ops"))]


class JsonLd(JSONResponse):
    """JSON-LD 1.1."""

    media_type = MEDIA_TYPE


@router.get("/catalog.jsonld", response_model=dict[str, Any], response_class=JsonLd, openapi_extra=OPEN)
async def read_catalogue(
    request: Request, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """Every open data set of the city and of other agencies (DCAT 3)."""
    content = catalogue(run, await usecases.everything(session))
    return reply_bytes(request, content, MEDIA_TYPE, public=True)


@router.get(PATH, response_model=Page[DatasetOut], openapi_extra=ON_MENU)
async def list_datasets(
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """Data sets of other agencies, the oldest first."""
    rows, following = await queries.page(session, limit, cursor)
    items = [_out(request, run, row) for row in rows]
    return reply(request, Page[DatasetOut](items=items, next=following), public=True)


@router.get(f"{PATH}/{{dataset_id}}", response_model=DatasetOut, openapi_extra=CACHED, responses={404: {}})
async def read_dataset(
    request: Request, dataset_id: UUID, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> Response:
    """One of them."""
    row = await usecases.read(session, dataset_id)
    return reply(request, _out(request, run, row), version=row.version, public=True)


@router.post(PATH, status_code=201, response_model=DatasetOut, openapi_extra=ONCE, responses={409: {}})
async def register_dataset(
    request: Request, body: DatasetIn, session: Db, run: Run, caller: Editor
) -> Response:
    """Takes a data set of another agency into the catalogue."""
    row = await usecases.register(session, run, body, now=run.clock.now())
    location = link(row.id)
    return reply(request, _out(request, run, row), version=row.version, status=201, location=location)


@router.put(f"{PATH}/{{dataset_id}}", response_model=DatasetOut, responses={404: {}, 409: {}})
async def change_dataset(
    request: Request,
    dataset_id: UUID,
    body: DatasetIn,
    session: Db,
    run: Run,
    caller: Editor,
    if_match: IfMatch = None,
) -> Response:
    """Says everything of it anew."""
    row = await usecases.change(session, run, dataset_id, body, if_match, now=run.clock.now())
    return reply(request, _out(request, run, row), version=row.version)


@router.post(
    f"{PATH}/{{dataset_id}}/withdraw",
    response_model=DatasetOut,
    openapi_extra=ONCE,
    responses={404: {}, 409: {}},
)
async def withdraw_dataset(
    request: Request, dataset_id: UUID, session: Db, run: Run, caller: Editor, if_match: IfMatch = None
) -> Response:
    """Takes it out of the catalogue."""
    row = await usecases.withdraw(session, dataset_id, if_match, now=run.clock.now())
    return reply(request, _out(request, run, row), version=row.version)


def _out(request: Request, run: Runtime, row: Dataset) -> DatasetOut:
    return DatasetOut.of(row, run, request.scope["city"].language)
