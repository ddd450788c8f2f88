"""HTTP of this slice."""

from typing import Annotated
from uuid import UUID

from fastapi import Request

from gateway.accesses import queries
from gateway.accesses.models import Access
from gateway.accesses.schemas import AccessOut
from gateway.answers import never_stored
from shared import paging
from shared.auth import Allow, Caller, Citizen
from shared.db import Db
from shared.errors import BadCursor
from shared.routes import CityRouter
from shared.runtime import Run, Runtime
from shared.schemas import Labelled, Page

router = CityRouter(tags=["privacy"], dependencies=[never_stored])


@router.get("/v1/me/data-access")
async def mine(
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Citizen)],
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Page[AccessOut]:
    """Who had my data, when and why, newest first."""
    whose = {"citizen": caller.person}
    rows = await queries.of_citizen(session, caller.person, _place(cursor, whose), limit + 1)
    language = request.scope["city"].language
    following = paging.encode([rows[limit - 1].id], whose) if len(rows) > limit else None
    return Page(items=[_out(row, run, language) for row in rows[:limit]], next=following)


def _out(row: Access, run: Runtime, language: str) -> AccessOut:
    return AccessOut(
        id=row.id,
        at=row.at.astimezone(run.city.zone),
        what=Labelled(code=row.what, label=run.texts.get(f"access.{row.what}", language)),
        by=Labelled(code=row.whom, label=run.texts.get(f"access_by.{row.whom}", language)),
        agency=row.agency,
        service=row.service,
        purpose=row.purpose,
    )


def _place(cursor: str | None, whose: dict[str, str]) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(str(paging.decode(cursor, whose, 1)[0]))
    except ValueError as error:
        raise BadCursor from error
