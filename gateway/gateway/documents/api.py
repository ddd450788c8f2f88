"""HTTP of this slice: the merged OpenAPI document, its human pages, and the health of this process."""

from typing import Annotated, Any

from fastapi import Request, Response

from gateway.documents import documents
from gateway.edge.catalogue import Catalogue
from shared.auth import Allow, Anyone, Caller
from shared.health import OpsApp
from shared.openapi import told
from shared.routes import CityRouter, x_city
from shared.runtime import Run

router = CityRouter(tags=["about"])
_OPEN = x_city(key="none", stream=True)
_Answers = dict[int | str, dict[str, Any]]
_TEXT = {"schema": {"type": "string"}}
_PAGE: _Answers = {
    200: {
        "description": "A page",
        "headers": told("Content-Security-Policy"),
        "content": {"text/html": _TEXT},
    }
}
_DOCUMENT: _Answers = {
    200: {
        "description": "The document",
        "headers": told("ETag"),
        "content": {"application/json": {"schema": {"type": "object", "required": ["openapi", "paths"]}}},
    },
    304: {"description": "If-None-Match named this answer", "headers": told("ETag")},
}


def _health(*words: str) -> dict[str, Any]:
    """What a health answer holds: `status`, and the reasons."""
    reasons = {"type": "array", "items": {"type": "string"}}
    parts = {"status": {"enum": [*words]}, "missing": reasons, "reasons": reasons}
    schema = {"type": "object", "required": ["status"], "properties": parts}
    return {"description": " or ".join(words), "content": {"application/json": {"schema": schema}}}


_HEALTH: _Answers = {200: _health("ok", "degraded"), 503: _health("not_ready")}


@router.get("/openapi.json", openapi_extra=_OPEN, responses=_DOCUMENT, response_class=Response)
async def merged_document(request: Request, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Every operation of every service, as one OpenAPI 3.1 document."""
    catalogue: Catalogue = run.part(Catalogue)
    return documents.cached(catalogue.body, catalogue.etag, request.headers.get("if-none-match"))


@router.get("/docs", openapi_extra=_OPEN, responses=_PAGE, response_class=Response)
async def human_page(caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """The document above for people; nothing is fetched from elsewhere."""
    return documents.page("docs.html")


@router.get("/docs/errors", openapi_extra=_OPEN, responses=_PAGE, response_class=Response)
async def error_codes(run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Every problem code of the gateway and of the services, with its texts."""
    catalogue: Catalogue = run.part(Catalogue)
    return documents.errors_page(catalogue.problems())


@router.get("/health/live", openapi_extra=_OPEN)
async def live(caller: Annotated[Caller, Allow(Anyone)]) -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", openapi_extra=_OPEN, responses=_HEALTH, response_class=Response)
async def ready(run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """200 while the gateway can do its main job, `degraded` with reasons if something is amiss."""
    ops: OpsApp = run.part(OpsApp)
    return await ops.ready()
