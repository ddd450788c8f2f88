"""HTTP of this slice."""

from typing import Annotated

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import usecases as accounts
from gateway.answers import never_stored
from gateway.exports import documents, queries, usecases
from gateway.exports.models import Export
from gateway.exports.schemas import ExportOut, PartOut
from gateway.services.client import Services
from shared.auth import Allow, Caller, Citizen
from shared.db import Db
from shared.errors import NotFound
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime

_FILE = "/v1/me/export/file"
router = CityRouter(tags=["privacy"], dependencies=[never_stored])


@router.post("/v1/me/export", status_code=202, openapi_extra=x_city(idempotency="required"))
async def ask(session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> ExportOut:
    """Begins to gather everything the city holds of me; it is there in seconds, or says what is missing."""
    export = await usecases.ask(session, caller.person, run.part(Services).names, run.clock.now())
    await session.flush()
    return await _out(session, run, export)


@router.get("/v1/me/export", responses={404: {}})
async def look(session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> ExportOut:
    """How far my export is; 404 if there is none."""
    return await _out(session, run, await _mine(session, run, caller))


@router.get(_FILE, openapi_extra=x_city(deadline_ms=10_000), responses={404: {}})
async def read(session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> Response:
    """My export as a file; 403 `sign_in_again` unless I signed in within the last ten minutes."""
    now = run.clock.now()
    await accounts.refuse_unless_fresh(session, caller, now)
    export = await _mine(session, run, caller)
    held, pending = await usecases.read(session, run.cipher, export, now)
    return documents.file(run, held, pending, now)


async def _mine(session: AsyncSession, run: Runtime, caller: Caller) -> Export:
    export = await queries.of_citizen(session, caller.person, run.clock.now())
    if export is None:
        raise NotFound
    return export


async def _out(session: AsyncSession, run: Runtime, export: Export) -> ExportOut:
    zone = run.city.zone
    parts = await queries.parts(session, export.id)
    return ExportOut(
        state="pending" if export.complete_at is None else "complete",
        requested_at=export.requested_at.astimezone(zone),
        complete_at=export.complete_at and export.complete_at.astimezone(zone),
        expires_at=export.expires_at and export.expires_at.astimezone(zone),
        parts=[PartOut(service=p.service, state="pending" if p.sealed is None else "ready") for p in parts],
        link=_FILE,
    )
