"""HTTP of this slice."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from gateway.clients import documents, queries, usecases
from gateway.clients.rules import Kind
from gateway.clients.schemas import (
    ClientChangeIn,
    ClientDetailOut,
    ClientIn,
    ClientKeyOut,
    ClientOut,
    ClientsOut,
    DisableIn,
    RotatedOut,
    RotateIn,
    Which,
)
from shared import paging
from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Line

router = CityRouter(prefix="/v1/admin/clients", tags=["administration"])
Admin = Annotated[Caller, Allow(Staff("admin"))]
Reader = Annotated[Caller, Allow(Staff("admin", "ops"))]
_ONCE = x_city(idempotency="required")


async def _filters(
    kind: Annotated[Kind | None, Query(description="front_end, partner or provider")] = None,
    owner: Annotated[Line | None, Query(description="An agency's code")] = None,
    state: Annotated[
        queries.State | None, Query(description="active: may call; no_key: never had a key")
    ] = None,
    q: Annotated[Line | None, Query(description="Part of the code or the name")] = None,
) -> queries.Wanted:
    return queries.Wanted(kind, owner, state, q)


@router.get("", response_model=ClientsOut)
async def list_clients(
    request: Request,
    session: Db,
    run: Run,
    caller: Reader,
    wanted: Annotated[queries.Wanted, Depends(_filters)],
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """The registry, by code, and how many there are of each state."""
    return reply(request, await documents.page(session, run, wanted, limit, cursor))


@router.post("", response_model=ClientKeyOut, status_code=201, openapi_extra=_ONCE, responses={409: {}})
async def register_client(request: Request, session: Db, run: Run, body: ClientIn, caller: Admin) -> Response:
    """Adds a front end; its key stands in this answer and is never shown again."""
    given = usecases.fitting(run, body.model_dump(exclude={"code", "name", "kind"}))
    who: dict[str, Any] = {"code": body.code, "name": body.name, "kind": body.kind}
    key = await usecases.register(session, **who, **given, now=run.clock.now(), actor=caller.person)
    client = await usecases.read(session, body.code)
    shown = await documents.shown(session, run, client, ClientKeyOut, key=key)
    return reply(request, shown, version=1, status=201, location=f"/v1/admin/clients/{body.code}")


@router.get("/{code}", response_model=ClientDetailOut)
async def read_client(request: Request, code: Which, session: Db, run: Run, caller: Reader) -> Response:
    """One front end, its last 30 days, and the platforms and versions its apps named in them."""
    client = await usecases.read(session, code)
    return reply(request, await documents.detail(session, run, client), version=client.version)


@router.patch("/{code}", response_model=ClientOut)
async def change_client(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: ClientChangeIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """Changes who it is, where it may call from and how often; every worker goes by it within a second."""
    given = usecases.fitting(run, body.model_dump(exclude_unset=True))
    told = _told(run.clock.now(), caller, if_match)
    client = await usecases.change(session, code, given, **told)
    shown = await documents.shown(session, run, client, ClientOut)
    return reply(request, shown, version=client.version)


@router.post("/{code}/rotate", response_model=RotatedOut, openapi_extra=_ONCE)
async def rotate_key(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: RotateIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """A new key, shown this once; the old one stays good for the overlap, so that installed apps go on.

    Two keys are good at most: rotating again meanwhile ends the oldest (`ended_oldest`). The first key of
    one that has none comes this way too.
    """
    told, overlap = _told(run.clock.now(), caller, if_match), timedelta(hours=body.overlap_hours)
    key, client, ended = await usecases.rotate(session, code=code, overlap=overlap, **told)
    more = {"key": key, "ended_oldest": ended}
    shown = await documents.shown(session, run, client, RotatedOut, **more)
    return reply(request, shown, version=client.version)


@router.post("/{code}/end-old-key", response_model=ClientOut, responses={409: {}})
async def end_old_key(
    request: Request, code: Which, session: Db, run: Run, caller: Admin, if_match: IfMatch = None
) -> Response:
    """Ends the overlap of the last rotation now."""
    told = _told(run.clock.now(), caller, if_match)
    client = await usecases.end_old_key(session, code=code, **told)
    shown = await documents.shown(session, run, client, ClientOut)
    return reply(request, shown, version=client.version)


@router.post("/{code}/disable", response_model=ClientOut)
async def disable_client(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: DisableIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """None of its keys is known any more, on every worker within a second; it can be enabled again."""
    told = _told(run.clock.now(), caller, if_match)
    client = await usecases.disable(session, code=code, reason=body.reason, **told)
    shown = await documents.shown(session, run, client, ClientOut)
    return reply(request, shown, version=client.version)


@router.post("/{code}/enable", response_model=ClientOut)
async def enable_client(
    request: Request, code: Which, session: Db, run: Run, caller: Admin, if_match: IfMatch = None
) -> Response:
    """The keys it had are good again."""
    told = _told(run.clock.now(), caller, if_match)
    client = await usecases.enable(session, code=code, **told)
    shown = await documents.shown(session, run, client, ClientOut)
    return reply(request, shown, version=client.version)


def _told(now: datetime, caller: Caller, if_match: str | None) -> Mapping[str, Any]:
    return {"now": now, "actor": caller.person, "if_match": if_match}
