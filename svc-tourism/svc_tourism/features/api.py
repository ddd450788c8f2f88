"""OGC API - Features, Part 1: core, OpenAPI 3.0, GeoJSON."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from starlette.responses import JSONResponse

from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.replies import reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from svc_tourism.features import rules, schemas
from svc_tourism.features.documents import (
    MEDIA_TYPE,
    OPENAPI,
    PLACES_TAG,
    SCHEMA,
    TAG,
    Collection,
    Collections,
    Pages,
    description,
    written,
)
from svc_tourism.features.usecases import find_collection, read_feature, read_items

router = CityRouter(prefix="/ogc", tags=["ogc"])
JSON = "application/json"
OPEN = x_city(key="none", tags=[TAG, PLACES_TAG])
ON_MENU = x_city(key="none", tags=[TAG, PLACES_TAG], menu="satu-peta")


#: What ids are made of: nothing else is found, and the gateway lets no control characters through.
_IN_A_PATH = {"pattern": "^[A-Za-z0-9._~:-]+$"}


def _stated(*names: str, where: str) -> list[dict[str, Any]]:
    """Parameters for the document. FastAPI does not read them: what is bad is 400 or 404 here, never 422."""
    return [
        {
            "name": name,
            "in": where,
            "required": where == "path",
            "schema": {"type": "string", "maxLength": rules.LONGEST.get(name, rules.LONGEST_VALUE)}
            | (_IN_A_PATH if where == "path" else {}),
        }
        for name in names
    ]


_QUERY = _stated(
    "limit", "bbox", "datetime", "cursor", "category", "district", "village", "code", "name", where="query"
)
_ONE = _stated("collection_id", where="path")
LAYER = OPEN | {"parameters": _ONE}
PAGED = OPEN | {"parameters": _ONE + _QUERY}
FEATURE = OPEN | {"parameters": _ONE + _stated("feature_id", where="path")}
Guest = Annotated[Caller, Allow(Anyone)]


class OpenApi(JSONResponse):
    """OpenAPI 3.0."""

    media_type = OPENAPI


class JsonSchema(JSONResponse):
    """JSON Schema."""

    media_type = SCHEMA


class GeoJson(JSONResponse):
    """GeoJSON (RFC 7946)."""

    media_type = MEDIA_TYPE


async def _without_parameters(request: Request) -> None:
    rules.refuse_unknown(request.query_params, ())


async def _collection(request: Request, run: Run) -> Collection:
    return find_collection(run, request.path_params["collection_id"])


Plain = Depends(_without_parameters)
Which = Annotated[Collection, Depends(_collection)]


@router.get("/", response_model=schemas.LandingOut, openapi_extra=OPEN, dependencies=[Plain])
@router.get("", response_model=schemas.LandingOut, openapi_extra=OPEN, dependencies=[Plain])
async def read_landing_page(request: Request, run: Run, caller: Guest) -> Response:
    """Where a map program begins; with a slash as people type it, and as `/ogc/api` has it."""
    return _json(request, _pages(request, run).landing())


@router.get(
    "/conformance",
    response_model=schemas.ConformanceOut,
    openapi_extra=OPEN,
    dependencies=[Plain],
)
async def read_conformance(request: Request, run: Run, caller: Guest) -> Response:
    """Which parts of the standard hold."""
    return _json(request, _pages(request, run).conformance())


@router.get(
    "/api", response_model=dict[str, Any], response_class=OpenApi, openapi_extra=OPEN, dependencies=[Plain]
)
async def read_description(request: Request, run: Run, caller: Guest) -> Response:
    """What can be asked of each collection, as OpenAPI 3.0."""
    collections: Collections = run.part(Collections)
    return _json(request, description(run, collections), OPENAPI)


@router.get(
    "/collections",
    response_model=schemas.CollectionsOut,
    openapi_extra=ON_MENU,
    dependencies=[Plain],
)
async def list_collections(request: Request, run: Run, caller: Guest) -> Response:
    """Every layer there is."""
    collections: Collections = run.part(Collections)
    return _json(request, _pages(request, run).collections(collections))


@router.get(
    "/collections/{collection_id}",
    response_model=schemas.CollectionOut,
    openapi_extra=LAYER,
    dependencies=[Plain],
)
async def read_collection(request: Request, which: Which, run: Run, caller: Guest) -> Response:
    """One layer."""
    return _json(request, _pages(request, run).collection(which))


@router.get(
    "/collections/{collection_id}/queryables",
    response_model=schemas.QueryablesOut,
    response_class=JsonSchema,
    openapi_extra=LAYER,
    dependencies=[Plain],
)
async def read_queryables(request: Request, which: Which, run: Run, caller: Guest) -> Response:
    """What it can be filtered by."""
    return _json(request, _pages(request, run).queryables(which), SCHEMA)


@router.get(
    "/collections/{collection_id}/items",
    response_model=schemas.FeaturesOut,
    response_class=GeoJson,
    openapi_extra=PAGED,
)
async def list_features(request: Request, which: Which, session: Db, run: Run, caller: Guest) -> Response:
    """One page of features by their ids, 100 unless `limit` (at most 1,000) says otherwise."""
    now, language = run.clock.now(), request.scope["city"].language
    asked = request.query_params.multi_items()
    listing = await read_items(session, run, which, asked, now=now, language=language)
    return _json(request, _pages(request, run).features(listing, now), MEDIA_TYPE)


@router.get(
    "/collections/{collection_id}/items/{feature_id}",
    response_model=schemas.FeatureOut,
    response_class=GeoJson,
    openapi_extra=FEATURE,
    dependencies=[Plain],
)
async def read_one_feature(request: Request, which: Which, session: Db, run: Run, caller: Guest) -> Response:
    """One feature."""
    language, feature_id = request.scope["city"].language, request.path_params["feature_id"]
    row = await read_feature(session, run, which, feature_id, now=run.clock.now(), language=language)
    return _json(request, _pages(request, run).feature(which, row), MEDIA_TYPE)


def _pages(request: Request, run: Runtime) -> Pages:
    return Pages(run, request.scope["city"].language)


def _json(request: Request, page: dict[str, Any], kind: str = JSON) -> Response:
    return reply_bytes(request, written(page), kind, public=True)
