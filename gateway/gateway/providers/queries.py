"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.providers.models import Provider
from gateway.providers.rules import State


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> Provider | None:
    """The provider, or None."""
    wanted = select(Provider).where(Provider.code == code)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(wanted)).one_or_none()


async def page(
    session: AsyncSession, only: State | None, now: datetime, after: str | None, limit: int
) -> Sequence[Provider]:
    """By code, those behind `after`; some hundreds in all."""
    wanted = select(Provider).order_by(Provider.code).limit(limit)
    if only is not None:
        wanted = wanted.where(Provider.among(only, now))
    if after is not None:
        wanted = wanted.where(Provider.code > after)
    return (await session.scalars(wanted)).all()
