"""Reads of this slice."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.menus.models import MenuSwitch
from gateway.menus.rules import MOST_SWITCHES


async def all_switches(session: AsyncSession) -> Sequence[MenuSwitch]:
    """Every switch: some per menu at most."""
    return (await session.scalars(select(MenuSwitch).order_by(MenuSwitch.menu, MenuSwitch.code))).all()


async def of_menu(session: AsyncSession, menu: str) -> Sequence[MenuSwitch]:
    """The switches of one menu, by code."""
    wanted = select(MenuSwitch).where(MenuSwitch.menu == menu).order_by(MenuSwitch.code)
    return (await session.scalars(wanted.limit(MOST_SWITCHES))).all()
