"""HTTP of this slice: the merged OpenAPI document, its human pages, and the health of this process."""

from typing import Annotated

from fastapi import Request, Response

from gateway.documents import documents
from gateway.edge.catalogue import Catalogue
from shared.auth import Allow, Anyone, Caller
from shared.health import OpsApp
from shared.routes import CityRouter, x_city
from shared.runtime import Run

router = CityRouter(tags=["about"])
_OPEN = x_city(key="none", stream=True)


@router.get("/openapi.json", openapi_extra=_OPEN)
async def merged_document(request: Request, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Every operation of every service, as one OpenAPI 3.1 document."""
    catalogue: Catalogue = run.part(Catalogue)
    return documents.cached(catalogue.body, catalogue.etag, request.headers.get("if-none-match"))


@router.get("/docs", openapi_extra=_OPEN)
async def human_page(caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """The document above for people; nothing is fetched from elsewhere."""
    return documents.page("docs.html")


@router.get("/docs/errors", openapi_extra=_OPEN)
async def error_codes(run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Every problem code with its texts."""
    return documents.errors_page(run.texts)


@router.get("/health/live", openapi_extra=_OPEN)
async def live(caller: Annotated[Caller, Allow(Anyone)]) -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", openapi_extra=_OPEN)
async def ready(run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """200 while the gateway can do its main job, `degraded` with reasons if something is amiss."""
    ops: OpsApp = run.part(OpsApp)
    return await ops.ready()
