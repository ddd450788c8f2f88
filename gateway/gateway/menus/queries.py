"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.menus.models import MenuSwitch
from gateway.menus.rules import MOST_SWITCHES, SwitchState

Place = tuple[datetime, str, str]


async def all_switches(session: AsyncSession) -> Sequence[MenuSwitch]:
    """Every switch: some per menu at most."""
    return (await session.scalars(select(MenuSwitch).order_by(MenuSwitch.menu, MenuSwitch.code))).all()


async def of_menu(session: AsyncSession, menu: str) -> Sequence[MenuSwitch]:
    """The switches of one menu, by code."""
    wanted = select(MenuSwitch).where(MenuSwitch.menu == menu).order_by(MenuSwitch.code)
    return (await session.scalars(wanted.limit(MOST_SWITCHES))).all()


def every(state: SwitchState | None, after: Place | None, limit: int) -> Select[MenuSwitch]:
    """Of every menu, the one longest untouched first; `after`: (changed_at, menu, code) of the last seen."""
    order = (MenuSwitch.changed_at, MenuSwitch.menu, MenuSwitch.code)
    wanted = select(MenuSwitch).order_by(*order).limit(limit)
    if state is not None:
        wanted = wanted.where(MenuSwitch.state == state)
    return wanted if after is None else wanted.where(tuple_(*order) > after)
