"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.links.models import ProviderLink
from gateway.provided.models import Provided
from gateway.providers.models import Provider

_SPEAKS = Provider.scopes.contains(["requests"])
_COLUMNS = (
    Provider.code,
    Provider.name,
    Provided.declaration["link"].astext.label("link"),
    ProviderLink.created_at.label("linked_at"),
)


async def page(
    session: AsyncSession, citizen_id: str, now: datetime, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Providers that tell of requests, by code, and since when she is known there."""
    hers = and_(ProviderLink.provider == Provider.code, ProviderLink.citizen_id == citizen_id)
    wanted = (
        select(*_COLUMNS)
        .join(Provided, Provided.provider == Provider.code)
        .outerjoin(ProviderLink, hers)
        .where(Provider.among("active", now), _SPEAKS)
        .order_by(Provider.code)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Provider.code > after)
    return (await session.execute(wanted)).all()


async def one(session: AsyncSession, code: str, now: datetime) -> Row[Any] | None:
    """Such a provider, or None; whether anybody is known there is left out."""
    wanted = select(Provider.code, Provider.name, Provided.declaration["link"].astext.label("link"))
    wanted = wanted.join(Provided, Provided.provider == Provider.code)
    return (
        await session.execute(wanted.where(Provider.code == code, Provider.among("active", now), _SPEAKS))
    ).one_or_none()


async def of_subject(session: AsyncSession, provider: str, subject: str) -> str | None:
    """Whose name this is at the provider."""
    wanted = select(ProviderLink.citizen_id).where(
        ProviderLink.subject == subject, ProviderLink.provider == provider
    )
    return await session.scalar(wanted)


async def of_citizen(session: AsyncSession, citizen_id: str) -> Sequence[ProviderLink]:
    """Where she is known; one for each provider at most."""
    hers = select(ProviderLink).where(ProviderLink.citizen_id == citizen_id)
    return (await session.scalars(hers.order_by(ProviderLink.provider))).all()
