"""What administrators switch of a menu."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from gateway.desk import usecases as desk
from gateway.menus import queries
from gateway.menus.models import MenuSwitch
from gateway.menus.rules import MOST_SWITCHES, SwitchState
from gateway.menus.schemas import SwitchIn
from gateway.menus.usecases.showing import TAG, Menus
from shared.auth import Caller
from shared.errors import Conflict, NotFound
from shared.replies import refuse_stale

#: What the audit tells of a switch: all of it, as the row is overwritten and deleted.
_TOLD = (
    "state", "link", "reason", "platforms", "from_version", "below_version", "languages", "segment",
)  # fmt: skip


class SwitchesFull(Conflict):
    code = "switches_full"


async def switches(session: AsyncSession, menus: Menus, menu: str) -> Sequence[MenuSwitch]:
    """All switches of a menu. 404 if nobody knows the menu and nothing is switched."""
    rows = await queries.of_menu(session, menu)
    if not rows and not menus.knows(menu):
        raise NotFound
    return rows


async def every(
    session: AsyncSession, state: SwitchState | None, after: queries.Place | None, limit: int
) -> Sequence[MenuSwitch]:
    """Switches of all menus, known or not, the one longest untouched first."""
    return (await session.scalars(queries.every(state, after, limit))).all()


async def read(session: AsyncSession, menu: str, code: str) -> MenuSwitch:
    """404 if there is none."""
    row = await session.get(MenuSwitch, (menu, code))
    if row is None:
        raise NotFound
    return row


async def switch(
    session: AsyncSession,
    menus: Menus,
    caller: Caller,
    menu: str,
    code: str,
    sent: SwitchIn,
    if_match: str | None,
    *,
    now: datetime,
) -> MenuSwitch:
    """Switches a menu, on every worker within a second. 404 for an unknown menu, 409 `switches_full`, 412."""
    await desk.one_at_a_time(session)
    held = {row.code: row for row in await switches(session, menus, menu)}
    row = held.get(code)
    refuse_stale(if_match, row.version if row is not None else 0)
    if row is None and len(held) >= MOST_SWITCHES:
        raise SwitchesFull(most=MOST_SWITCHES)
    before = _state(row)
    row = row or MenuSwitch(menu=menu, code=code, version=0)
    _take(row, sent, now)
    session.add(row)
    await _tell(session, caller, "menu_switched", row, audits.difference(before, _state(row)), now)
    return row


async def drop(
    session: AsyncSession, caller: Caller, menu: str, code: str, if_match: str | None, *, now: datetime
) -> None:
    """The menu is as it was without this switch. 404, 412."""
    await desk.one_at_a_time(session)
    row = await read(session, menu, code)
    refuse_stale(if_match, row.version)
    row.version += 1
    await _tell(session, caller, "menu_switch_dropped", row, audits.difference(_state(row), None), now)
    await session.delete(row)


def _state(row: MenuSwitch | None) -> dict[str, Any] | None:
    return None if row is None else {name: getattr(row, name) for name in _TOLD}


def _take(row: MenuSwitch, sent: SwitchIn, now: datetime) -> None:
    for name, value in sent.model_dump().items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    row.reason = sent.reason.model_dump() if sent.reason is not None else {}
    row.version, row.changed_at = row.version + 1, now


async def _tell(
    session: AsyncSession,
    caller: Caller,
    action: str,
    row: MenuSwitch,
    difference: Mapping[str, Any],
    now: datetime,
) -> None:
    subject, version = f"menu:{row.menu}", row.version
    facts = {"code": row.code, "version": version, **difference}
    await desk.changed(session, caller, TAG, action, subject, facts, version=version, now=now)
