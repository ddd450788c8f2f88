"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Exists, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.providers.models import Provider
from gateway.publications.models import ProviderDocument

_HELD = ProviderDocument.said.is_not(None)


async def held(session: AsyncSession, provider: str) -> int:
    """How many it has published and not withdrawn."""
    its = select(func.count()).select_from(ProviderDocument)
    return await session.scalar(its.where(ProviderDocument.provider == provider, _HELD)) or 0


async def kept(session: AsyncSession, provider: str) -> int:
    """The same with those it has withdrawn, which are remembered for a month."""
    its = select(func.count()).select_from(ProviderDocument)
    return await session.scalar(its.where(ProviderDocument.provider == provider)) or 0


async def out_of_step(session: AsyncSession, now: datetime) -> Sequence[str]:
    """Providers whose documents search has although it may not, or has not although it should."""

    def has(shown: bool) -> Exists:
        its = ProviderDocument.provider == Provider.code, ProviderDocument.shown == shown
        return exists().where(*its, _HELD)

    may = Provider.among("active", now) & Provider.scopes.contains(["search"])
    wanted = select(Provider.code).where(or_(may & has(False), ~may & has(True)))
    return (await session.scalars(wanted)).all()


async def to_move(
    session: AsyncSession, provider: str, *, shown: bool, limit: int
) -> Sequence[ProviderDocument]:
    """Documents that search should have, or have no longer; locked, those somebody works on left out."""
    wanted = (
        select(ProviderDocument)
        .where(ProviderDocument.provider == provider, ProviderDocument.shown != shown, _HELD)
        .order_by(ProviderDocument.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(wanted)).all()
