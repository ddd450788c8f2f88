"""HTTP of this slice: the start of an app, and the desk of versions and flags."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from gateway.bootstrap import usecases
from gateway.bootstrap.models import AppVersion, Flag
from gateway.bootstrap.rules import asking
from gateway.bootstrap.schemas import (
    App,
    AppPlatform,
    AppVersionHeader,
    AppVersionIn,
    AppVersionOut,
    BootstrapOut,
    Code,
    FlagIn,
    FlagOut,
)
from gateway.bootstrap.usecases import TAG, Beginnings
from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.replies import IfMatch, reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter()
_Desk = Annotated[Caller, Allow(Staff("admin"))]
_VARY = "Accept-Language, X-App-Platform, X-App-Version"


@router.get("/v1/bootstrap", response_model=BootstrapOut, tags=["start"], openapi_extra=x_city(tags=[TAG]))
async def bootstrap(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    app_platform: AppPlatform = None,
    app_version: AppVersionHeader = None,
) -> Response:
    """Whether this app is too old, what is switched on, what the city announces, whom to call.

    Works without signing in. A version that cannot be read is never forced to update.
    """
    who = asking(request.scope["city"].language, app_platform, app_version)
    shown = run.part(Beginnings).answer(who, run.clock.now())
    return reply_bytes(request, shown.model_dump_json().encode(), "application/json", public=True, Vary=_VARY)


@router.get("/v1/admin/app-versions", response_model=Page[AppVersionOut], tags=["admin"])
async def list_versions(request: Request, session: Db, run: Run, caller: _Desk) -> Response:
    """The record of each platform that has one."""
    rows = await usecases.app_versions(session)
    return reply(request, Page[AppVersionOut](items=[_version(row, run.city.zone) for row in rows]))


@router.put("/v1/admin/app-versions/{platform}", response_model=AppVersionOut, tags=["admin"])
async def say_version(
    request: Request,
    platform: App,
    session: Db,
    run: Run,
    caller: _Desk,
    body: AppVersionIn,
    if_match: IfMatch = None,
) -> Response:
    """Which version is the newest, and whether older ones must be updated. Browsers need no record."""
    row = await usecases.say_version(session, caller, platform, body, if_match, now=run.clock.now())
    return reply(request, _version(row, run.city.zone), version=row.version)


@router.delete("/v1/admin/app-versions/{platform}", status_code=204, tags=["admin"])
async def drop_version(platform: App, session: Db, run: Run, caller: _Desk, if_match: IfMatch = None) -> None:
    """Nobody is asked to update there any more."""
    await usecases.drop(session, caller, AppVersion, platform, if_match, now=run.clock.now())


@router.get("/v1/admin/flags", response_model=Page[FlagOut], tags=["admin"])
async def list_flags(request: Request, session: Db, run: Run, caller: _Desk) -> Response:
    """All flags, by name: whether each is on, and for whom."""
    rows = await usecases.flags(session)
    return reply(request, Page[FlagOut](items=[_flag(row, run.city.zone) for row in rows]))


@router.put("/v1/admin/flags/{name}", response_model=FlagOut, responses={409: {}}, tags=["admin"])
async def say_flag(
    request: Request,
    name: Code,
    session: Db,
    run: Run,
    caller: _Desk,
    body: FlagIn,
    if_match: IfMatch = None,
) -> Response:
    """Switches something on or off in the apps it is meant for, within seconds."""
    row = await usecases.say_flag(session, caller, name, body, if_match, now=run.clock.now())
    return reply(request, _flag(row, run.city.zone), version=row.version)


@router.delete("/v1/admin/flags/{name}", status_code=204, tags=["admin"])
async def drop_flag(name: Code, session: Db, run: Run, caller: _Desk, if_match: IfMatch = None) -> None:
    """The flag is off for everybody, and gone."""
    await usecases.drop(session, caller, Flag, name, if_match, now=run.clock.now())


def _version(row: Any, zone: ZoneInfo) -> AppVersionOut:
    return AppVersionOut.model_validate(row).model_copy(
        update={"changed_at": row.changed_at.astimezone(zone)}
    )


def _flag(row: Any, zone: ZoneInfo) -> FlagOut:
    return FlagOut.model_validate(row).model_copy(update={"changed_at": row.changed_at.astimezone(zone)})
