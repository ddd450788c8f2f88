"""Reads of this slice."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.bootstrap.models import AppVersion, Flag

MOST_FLAGS = 100


async def versions(session: AsyncSession) -> Sequence[AppVersion]:
    """The record of each platform, two at most."""
    return (await session.scalars(select(AppVersion).order_by(AppVersion.platform))).all()


async def flags(session: AsyncSession) -> Sequence[Flag]:
    """All flags by name."""
    return (await session.scalars(select(Flag).order_by(Flag.name).limit(MOST_FLAGS))).all()


async def count_flags(session: AsyncSession) -> int:
    """How many there are."""
    return await session.scalar(select(func.count()).select_from(Flag)) or 0
