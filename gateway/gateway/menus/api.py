"""HTTP of this slice: the menus of everybody and of the staff, and the desk that switches them."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import BaseModel

from gateway.bootstrap.rules import asking
from gateway.bootstrap.schemas import AppPlatform, AppVersionHeader
from gateway.menus import queries, usecases
from gateway.menus.models import MenuSwitch
from gateway.menus.rules import SwitchState
from gateway.menus.schemas import (
    ListedSwitchOut,
    MenuId,
    MenusOut,
    StaffMenusOut,
    SwitchCode,
    SwitchIn,
    SwitchOut,
)
from gateway.menus.usecases import TAG, Menus
from shared import paging
from shared.auth import Allow, Anyone, Caller, Staff
from shared.db import Db
from shared.replies import IfMatch, reply, reply_bytes
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter()
_Desk = Annotated[Caller, Allow(Staff("admin"))]
_SWITCHES = "/v1/admin/menus/{menu}/switches"


@router.get("/v1/menus", response_model=MenusOut, tags=["start"], openapi_extra=x_city(tags=[TAG]))
async def menus(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
    app_platform: AppPlatform = None,
    app_version: AppVersionHeader = None,
) -> Response:
    """Every service of the city with its menus; what cannot be used now says why."""
    held: Menus = run.part(Menus)
    who = asking(request.scope["city"].language, app_platform, app_version)
    return _answer(request, held, held.for_all(who), public=True)


@router.get("/v1/menus/staff", response_model=StaffMenusOut, tags=["start"])
async def staff_menus(
    request: Request,
    run: Run,
    caller: Annotated[Caller, Allow(Staff())],
    app_platform: AppPlatform = None,
    app_version: AppVersionHeader = None,
) -> Response:
    """The menus as staff see them, and beside them those of my roles."""
    held: Menus = run.part(Menus)
    who = asking(request.scope["city"].language, app_platform, app_version, staff=True)
    return _answer(request, held, held.for_staff(who, caller.roles), public=False)


@router.get("/v1/admin/menus/switches", response_model=Page[ListedSwitchOut], tags=["admin"])
async def list_all_switches(
    request: Request,
    session: Db,
    run: Run,
    caller: _Desk,
    state: Annotated[SwitchState | None, Query(description="Only those that say so")] = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Response:
    """Every switch of every menu, the one longest untouched first; also of menus that are no more."""
    filters = {"list": "menu_switches", "state": state}
    rows = await usecases.every(session, state, _place(cursor, filters), limit + 1)
    items = [_listed(row, run.part(Menus), run.city.zone) for row in rows[:limit]]
    return reply(request, Page[ListedSwitchOut](items=items, next=_next(rows, limit, filters)))


@router.get(_SWITCHES, response_model=Page[SwitchOut], tags=["admin"])
async def list_switches(request: Request, menu: MenuId, session: Db, run: Run, caller: _Desk) -> Response:
    """What is switched of a menu, by code."""
    rows = await usecases.switches(session, run.part(Menus), menu)
    return reply(request, Page[SwitchOut](items=[_out(row, run.city.zone) for row in rows]))


@router.get(_SWITCHES + "/{code}", response_model=SwitchOut, tags=["admin"])
async def read_switch(
    request: Request, menu: MenuId, code: SwitchCode, session: Db, run: Run, caller: _Desk
) -> Response:
    """One switch, with the ETag that changing it takes."""
    row = await usecases.read(session, menu, code)
    return reply(request, _out(row, run.city.zone), version=row.version)


@router.put(_SWITCHES + "/{code}", response_model=SwitchOut, responses={409: {}}, tags=["admin"])
async def put_switch(
    request: Request,
    menu: MenuId,
    code: SwitchCode,
    session: Db,
    run: Run,
    caller: _Desk,
    body: SwitchIn,
    if_match: IfMatch = None,
) -> Response:
    """Switches a menu off, on or elsewhere, for those the switch is meant for; within a second."""
    held, now = run.part(Menus), run.clock.now()
    row = await usecases.switch(session, held, caller, menu, code, body, if_match, now=now)
    return reply(request, _out(row, run.city.zone), version=row.version)


@router.delete(_SWITCHES + "/{code}", status_code=204, tags=["admin"])
async def drop_switch(
    menu: MenuId, code: SwitchCode, session: Db, run: Run, caller: _Desk, if_match: IfMatch = None
) -> None:
    """Takes the switch away."""
    await usecases.drop(session, caller, menu, code, if_match, now=run.clock.now())


def _answer(request: Request, held: Menus, shown: BaseModel, *, public: bool) -> Response:
    """Versions are many: answers differ by them only while a switch asks for one."""
    vary = "Accept-Language, X-App-Platform" + (", X-App-Version" if held.by_version else "")
    content = shown.model_dump_json().encode()
    return reply_bytes(request, content, "application/json", public=public, Vary=vary)


def _out(row: Any, zone: ZoneInfo) -> SwitchOut:
    return SwitchOut.model_validate(row).model_copy(update={"changed_at": row.changed_at.astimezone(zone)})


def _listed(row: MenuSwitch, held: Menus, zone: ZoneInfo) -> ListedSwitchOut:
    return ListedSwitchOut(**_out(row, zone).model_dump(), menu_known=held.knows(row.menu))


def _place(cursor: str | None, filters: dict[str, Any]) -> queries.Place | None:
    if cursor is None:
        return None
    at, menu, code = paging.decode(cursor, filters, 3)
    return paging.moment(at), paging.word(menu), paging.word(code)


def _next(rows: Sequence[MenuSwitch], limit: int, filters: dict[str, Any]) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return paging.encode([last.changed_at.isoformat(), last.menu, last.code], filters)
