"""Reads of this slice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Row, Text, and_, any_, case, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.links.models import ProviderLink
from gateway.provided.models import Provided
from gateway.providers.models import Provider

_LINK = Provided.declaration["link"].astext


async def page(
    session: AsyncSession, citizen_id: str, now: datetime, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Providers by code, since when she is known there, and whether they tell of requests now (`state`).

    Those that do not are listed where she is known, so that she can end it.
    """
    hers = and_(ProviderLink.provider == Provider.code, ProviderLink.citizen_id == citizen_id)
    tells = Provider.tells(now)
    state = case((tells, "active"), (Provider.among("suspended", now), "suspended"), else_="ended")
    linked_at = ProviderLink.created_at.label("linked_at")
    columns = Provider.code, Provider.name, Provider.hosts, linked_at
    wanted = (
        select(*columns, case((tells, _LINK)).label("link"), state.label("state"))
        .join(Provided, Provided.provider == Provider.code)
        .outerjoin(ProviderLink, hers)
        .where(or_(tells, ProviderLink.subject.is_not(None)))
        .order_by(Provider.code)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Provider.code > after)
    return (await session.execute(wanted)).all()


async def one(session: AsyncSession, code: str, now: datetime) -> Row[Any] | None:
    """Such a provider, or None; whether anybody is known there is left out."""
    wanted = select(Provider.code, Provider.name, Provider.hosts, _LINK.label("link"))
    wanted = wanted.join(Provided, Provided.provider == Provider.code)
    return (await session.execute(wanted.where(Provider.code == code, Provider.tells(now)))).one_or_none()


async def silent(session: AsyncSession, now: datetime) -> set[str]:
    """Those that may not tell of requests now: suspended, ended, or without the scope."""
    return set(await session.scalars(select(Provider.code).where(not_(Provider.tells(now)))))


async def known_at(session: AsyncSession, providers: Collection[str], people: Sequence[str]) -> set[str]:
    """Whom of these people one of these providers knows; one parameter, however many people."""
    theirs = ProviderLink.citizen_id == any_(literal(list(people), ARRAY(Text)))
    known = select(ProviderLink.citizen_id).where(theirs, ProviderLink.provider.in_(providers))
    return set(await session.scalars(known))


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
