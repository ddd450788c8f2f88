"""HTTP of this slice."""

from typing import Annotated
from uuid import UUID

from fastapi import Header

from gateway.answers import never_stored
from gateway.erasures import queries, usecases
from gateway.erasures.models import Erasure
from gateway.erasures.schemas import ErasureOut, ErasureStateOut
from gateway.services.client import Services
from gateway.vault import Vault
from shared import paging
from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.errors import BadCursor
from shared.ids import new_id
from shared.routes import CityRouter
from shared.runtime import Run, Runtime
from shared.schemas import Page

router = CityRouter(tags=["privacy"], dependencies=[never_stored])


_Key = Annotated[
    UUID | None,
    Header(alias="Idempotency-Key", description="The erasure's id, made by the app; better a UUIDv7"),
]


@router.delete("/v1/me", status_code=202, responses={409: {}})
async def leave(
    session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)], key: _Key = None
) -> ErasureOut:
    """Erases my account and what the city holds of me; 403 `sign_in_again` unless I signed in just now.

    The `id` of the answer shows, without an account, how far it is. A UUID sent as `Idempotency-Key` becomes
    that id: whoever lost the answer (a repeat is 401, as the account is gone) asks for the erasure by it.
    """
    names, vault = run.part(Services).names, run.part(Vault)
    now, erasure_id = run.clock.now(), key or new_id()
    erasure = await usecases.erase_account(session, caller, erasure_id, names, vault=vault, now=now)
    return ErasureOut(**_times(erasure, run))


@router.get("/v1/erasures/{erasure_id}")
async def look(
    erasure_id: UUID, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> ErasureOut:
    """How far the erasure of an account is."""
    return ErasureOut(**_times(await usecases.state(session, erasure_id), run))


@router.get("/v1/admin/erasures")
async def list_erasures(
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Staff("admin", "ops"))],
    state: queries.Show | None = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Page[ErasureStateOut]:
    """Erasures and their clocks, newest first; nobody is named in them."""
    filters, now = {"list": "erasures", "state": state}, run.clock.now()
    rows = await queries.page(session, state, now, _place(cursor, filters), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = last and paging.encode([last.requested_at.isoformat(), last.id], filters)
    return Page(items=[_state(row, run) for row in rows[:limit]], next=following)


def _state(erasure: Erasure, run: Runtime) -> ErasureStateOut:
    late = erasure.done_at is None and erasure.due_at <= run.clock.now()
    return ErasureStateOut(**_times(erasure, run), late=late, waiting=erasure.waiting, erased=erasure.erased)


def _times(erasure: Erasure, run: Runtime) -> dict[str, object]:
    times = {name: getattr(erasure, name) for name in ("requested_at", "due_at", "done_at")}
    local = {name: at and at.astimezone(run.city.zone) for name, at in times.items()}
    return {"id": erasure.id, **local}


def _place(cursor: str | None, filters: dict[str, str | None]) -> queries.Place | None:
    if cursor is None:
        return None
    at, erasure_id = paging.decode(cursor, filters, 2)
    try:
        return paging.moment(at), UUID(str(erasure_id))
    except ValueError as error:
        raise BadCursor from error
