"""HTTP of this slice: for providers."""

from typing import Annotated

from fastapi import Path

from gateway.answers import never_stored
from gateway.publications import usecases
from gateway.publications.schemas import DocumentIn, PublishedOut
from shared.auth import Allow, Caller, Provider
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run

router = CityRouter(prefix="/provider/v1/documents", tags=["providers"], dependencies=[never_stored])
Speaker = Annotated[Caller, Allow(Provider())]
_Id = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=64, description="The provider's own")
]


@router.put("/{doc_id}", responses={409: {}}, openapi_extra=x_city(body_limit=131_072))
async def publish(doc_id: _Id, session: Db, run: Run, body: DocumentIn, caller: Speaker) -> PublishedOut:
    """The city's search finds it from now on; sent again it replaces what was said before."""
    row = await usecases.publish(session, run, caller, doc_id, body, now=run.clock.now())
    return PublishedOut(id=row.id, kind=body.kind, version=row.version)


@router.delete("/{doc_id}", status_code=204)
async def withdraw(doc_id: _Id, session: Db, run: Run, caller: Speaker) -> None:
    """The city's search finds it no longer."""
    await usecases.withdraw(session, caller, doc_id, now=run.clock.now())
