"""HTTP of this slice: one stream, the same for everybody."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response

from gateway.edge.addresses import Addresses
from gateway.streams.documents import EventStream
from gateway.streams.everybody.rules import Square
from gateway.streams.everybody.usecases import Crier
from shared.auth import Allow, Anyone, Caller
from shared.routes import CityRouter, x_city
from shared.runtime import Run

_EVENT = {
    "type": "object",
    "description": "Each event; `data` is JSON, `id` resumes after it",
    "required": ["data"],
    "properties": {name: {"type": "string"} for name in ("event", "id", "data")},
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events notice, notice_ended, changed, reload, reconnect; a comment every 15 s",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
}
_Language = Annotated[
    Literal["id", "en"] | None, Query(description="For an EventSource, which sends no header of an app's")
]
_LastId = Annotated[
    str | None, Query(max_length=40, description="Like the header Last-Event-ID, for a new EventSource")
]
router = CityRouter(tags=["streams"])


@router.get("/v1/stream", openapi_extra=x_city(stream=True, key="none", bearer="ignored"), responses=_EVENTS)
async def stream(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    language: _Language = None,
    last_event_id: _LastId = None,
) -> Response:
    """What the city announces, and which public answers have changed, as server-sent events; for everybody.

    Open it first, then read what you show. `notice`: a notice begins or has changed, as in /v1/bootstrap,
    with the `platforms` and `areas` it is for (none: all). `notice_ended` `{id}`. `changed` `{tags,
    spread_ms}`: answers with these tags (`x-city.tags` of an operation) are different; whoever shows one asks
    again with `If-None-Match`, after a random part of `spread_ms`. `reload` `{spread_ms}`: something was
    missed, ask for everything you show. `reconnect` `{after_ms}`: the gateway restarts.
    """
    crier: Crier = run.part(Crier)
    offered = request.headers.get("last-event-id") or last_event_id
    peer = request.client.host if request.client is not None else ""
    address: bytes = run.part(Addresses).caller(peer, request.scope["headers"])
    listener, first = crier.listener(address.hex(), language or request.scope["city"].language, offered)
    return EventStream(run.part(Square), listener, run.clock, first=first)
