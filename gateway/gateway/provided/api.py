"""HTTP of this slice: for providers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.answers import never_stored
from gateway.links import usecases as links
from gateway.provided import rules, usecases
from gateway.provided.models import Provided
from gateway.provided.schemas import (
    AskedOut,
    ContentIn,
    DeclarationIn,
    DeclaredOut,
    HomeStateOut,
    StatusOut,
)
from gateway.providers import usecases as providers
from gateway.providers.models import Provider as Registered
from gateway.providers.rules import CODE
from gateway.publications import usecases as publications
from shared.auth import Allow, Caller, Provider, Staff
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.schemas import Labelled

router = CityRouter(prefix="/provider/v1", tags=["providers"], dependencies=[never_stored])
desk = CityRouter(prefix="/v1/admin/providers", tags=["providers"], dependencies=[never_stored])
Which = Annotated[str, Path(pattern=CODE, max_length=40, description="The provider's code")]
Admin = Annotated[Caller, Allow(Staff("admin"))]
Speaker = Annotated[Caller, Allow(Provider())]
_NEVER = AskedOut(polled_at=None, next_poll_at=None, failures=0, last_error=None)


@router.put("/declaration", responses={409: {}}, openapi_extra=x_city(body_limit=131_072))
async def declare(session: Db, run: Run, body: DeclarationIn, caller: Speaker) -> DeclaredOut:
    """What this provider offers, in place of what it offered before; in force within a second."""
    return _declared(await usecases.declare(session, run, caller, body, now=run.clock.now()))


@router.put(
    "/home", responses={409: {}}, response_model=HomeStateOut, openapi_extra=x_city(body_limit=65_536)
)
async def push(
    request: Request, session: Db, run: Run, body: ContentIn, caller: Speaker
) -> HomeStateOut | None:
    """The content of its section; send it again at least every five minutes, or it is shown as stale."""
    row = await usecases.push(session, caller, body, now=run.clock.now())
    return _home(row, run, request.scope["city"].language)


@router.get("/status")
async def status(request: Request, session: Db, run: Run, caller: Speaker) -> StatusOut:
    """What the gateway thinks of this provider; also while it is suspended."""
    return await _status(request, session, run, await providers.known(session, caller))


@desk.get("/{code}/status")
async def read_status(request: Request, code: Which, session: Db, run: Run, caller: Admin) -> StatusOut:
    """The same as it reads itself: what it declared, when it was last asked, and what went wrong."""
    return await _status(request, session, run, await providers.read(session, code))


async def _status(request: Request, session: AsyncSession, run: Runtime, provider: Registered) -> StatusOut:
    now = run.clock.now()
    row = await usecases.of(session, provider)
    return StatusOut(
        code=provider.code,
        name=provider.name,
        state=provider.state(now),
        scopes=provider.scopes,
        agreement_ends_on=provider.ends_on,
        declared=_declared(row),
        is_down=row is not None and row.is_down,
        home=_home(row, run, request.scope["city"].language),
        health=_asked(row, run, request.scope["city"].language) if row is not None and row.health else None,
        documents=await publications.count(session, provider),
        documents_limit=provider.documents_limit,
        statuses_today=await links.said_today(session, run, provider, now=now),
        statuses_per_day=provider.statuses_per_day,
    )


def _declared(row: Provided | None) -> DeclaredOut:
    said = row.declaration if row is not None else {}
    home = said.get("home")
    menus: Sequence[str] = [menu["menu"] for menu in said.get("menus", ())]
    kinds = {part: sorted(said.get(part, ())) for part in ("documents", "request_kinds")}
    return DeclaredOut(menus=menus, section=home and home["section"], **kinds)


def _home(row: Provided | None, run: Runtime, language: str) -> HomeStateOut | None:
    if row is None or row.declaration.get("home") is None:
        return None
    asked = _asked(row, run, language) if row.url is not None else _NEVER
    return HomeStateOut(
        section=row.declaration["home"]["section"],
        polled=row.url is not None,
        state=rules.state_of(row.as_of, run.clock.now()),
        items=len(row.items),
        as_of=row.as_of and row.as_of.astimezone(run.city.zone),
        **{name: getattr(asked, name) for name in AskedOut.model_fields},
    )


def _asked(row: Provided, run: Runtime, language: str) -> AskedOut:
    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(run.city.zone)

    error = row.last_error
    return AskedOut(
        polled_at=local(row.polled_at),
        next_poll_at=local(row.next_poll_at),
        failures=row.failures,
        last_error=error and Labelled(code=error, label=run.texts.get(f"provider_error.{error}", language)),
    )
