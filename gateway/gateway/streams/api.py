"""HTTP of this slice. EventSource sends no headers, a token in an address is forbidden: hence tickets."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.edge.tokens import bearer, claims_of_access
from gateway.streams import usecases
from gateway.streams.documents import EventStream
from gateway.streams.rules import Hub, Listener, reload_frame
from gateway.streams.schemas import TicketOut
from gateway.streams.usecases import Right
from shared.auth import Allow, Anyone, Caller, Citizen, refuse_unless
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime

_EVENT = {
    "type": "object",
    "description": "Each event; `data` is JSON, `id` resumes after it",
    "required": ["data"],
    "properties": {name: {"type": "string"} for name in ("event", "id", "data")},
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events request_updated, reload, reconnect, replaced; a comment every 15 s",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    401: {},
    403: {},
}
_Ticket = Annotated[str | None, Query(max_length=100, description="Of POST /v1/me/stream/ticket")]
_LastId = Annotated[
    str | None, Query(max_length=40, description="Like the header Last-Event-ID, for a new EventSource")
]
router = CityRouter(tags=["streams"])


@router.post("/v1/me/stream/ticket", status_code=201)
async def ticket(
    request: Request, session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]
) -> TicketOut:
    """Permission to open my stream once, within 30 seconds, from a browser."""
    ends_at, language = _token_end(request, run), request.scope["city"].language
    made = await usecases.issue_ticket(session, caller, language, ends_at, now=run.clock.now())
    return TicketOut(ticket=made, expires_in=usecases.TICKET_SECONDS)


@router.get("/v1/me/stream", openapi_extra=x_city(stream=True, key="none"), responses=_EVENTS)
async def stream(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone, Citizen)],
    ticket: _Ticket = None,
    last_event_id: _LastId = None,
) -> Response:
    """What happens to my requests, as server-sent events; with a ticket, or with a citizen's token."""
    offered = request.headers.get("last-event-id") or last_event_id
    async with run.database.transaction() as session:
        right = await _right(session, request, run, caller, ticket)
        last_id, lost = await usecases.resume(session, offered)
    first = reload_frame(last_id) if lost else b""
    return EventStream(run.part(Hub), _listener(right, last_id), run.clock, first=first)


async def _right(
    session: AsyncSession, request: Request, run: Runtime, caller: Caller, ticket: str | None
) -> Right:
    if ticket is not None:
        return await usecases.use_ticket(session, ticket, now=run.clock.now())
    refuse_unless((Citizen,), caller)
    return Right(caller.person, caller.sid, request.scope["city"].language, _token_end(request, run))


def _listener(right: Right, last_id: int) -> Listener:
    return Listener(
        right.citizen_id, sid=right.sid, language=right.language, last_id=last_id, ends_at=right.ends_at
    )


def _token_end(request: Request, run: Runtime) -> datetime:
    """When the caller's access token ends; of what the edge has verified it passes on only who calls."""
    token = bearer(request.headers.get("authorization", "").encode()).decode()
    return datetime.fromtimestamp(claims_of_access(token, run.keys, run.clock.now())["exp"], UTC)
