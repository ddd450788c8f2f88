"""HTTP of tokens and sessions."""

from typing import Annotated
from uuid import UUID

from gateway.accounts import queries, usecases
from gateway.accounts.schemas import LogoutIn, RefreshIn, SessionOut, TokensOut
from gateway.accounts.usecases import TokenKeys
from gateway.answers import never_stored
from gateway.vault import Vault
from shared.auth import Allow, Anyone, Caller, Citizen, Staff
from shared.db import Db
from shared.paging import CursorText, Limit
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter(prefix="/v1", tags=["accounts"], dependencies=[never_stored])


@router.post("/auth/refresh", openapi_extra=x_city(bearer="ignored"), responses={401: {}})
async def refresh(body: RefreshIn, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> TokensOut:
    """The next pair of tokens; send the same token again if the answer was lost."""
    tokens = await usecases.refresh(
        run.database, body.refresh_token, caller.client, keys=run.part(TokenKeys), now=run.clock.now()
    )
    return TokensOut.model_validate(tokens)


@router.post("/auth/logout", status_code=204, responses={401: {}})
async def log_out(body: LogoutIn, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]) -> None:
    """Ends this session, here and on every worker."""
    await usecases.log_out(session, caller, body.refresh_token, run.part(Vault), run.clock.now())


@router.get("/me/sessions")
async def list_sessions(
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Citizen, Staff())],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[SessionOut]:
    """Where this person is signed in, newest first."""
    rows, following = await queries.sessions_of(session, caller, run.clock.now(), cursor, limit)
    return Page(items=[_session(row, caller, run) for row in rows], next=following)


@router.delete("/me/sessions/{session_id}", status_code=204)
async def end_session(
    session_id: UUID, session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen, Staff())]
) -> None:
    """Signs one of the person's apps out."""
    await usecases.end_own(session, caller, session_id, run.clock.now())


def _session(row: queries.SessionRow, caller: Caller, run: Run) -> SessionOut:
    zone = run.city.zone
    return SessionOut(
        id=row.id,
        client=row.client,
        created_at=row.created_at.astimezone(zone),
        last_seen_at=row.last_seen_at.astimezone(zone),
        expires_at=row.expires_at.astimezone(zone),
        current=str(row.id) == caller.sid,
    )
