"""Reads of this slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.provided.models import Provided
from gateway.provided.rules import EVERY
from gateway.providers.models import Provider


@dataclass(frozen=True, slots=True)
class Claimed:
    """A provider that is ours to ask; nobody else does for a minute."""

    provider: str
    url: str | None
    health: str | None
    etag: str | None
    hosts: Sequence[str]


async def declared_by_others(session: AsyncSession, code: str, now: datetime) -> list[dict[str, Any]]:
    """What all others declare; suspended ones too, as they may come back. Some hundreds."""
    theirs = (
        select(Provided.declaration)
        .join(Provider, Provider.code == Provided.provider)
        .where(Provided.provider != code, Provider.ends_at > now)
    )
    return list(await session.scalars(theirs))


async def shown(session: AsyncSession, now: datetime, code: str | None = None) -> Sequence[Row[Any]]:
    """Everything that active providers show, or one of them."""
    columns = (
        Provided.provider,
        Provided.declaration,
        Provided.declared_at,
        Provided.items,
        Provided.as_of,
        Provided.failures,
        Provider.ends_at,
        Provider.scopes,
        Provider.hosts,
    )
    wanted = (
        select(*columns)
        .join(Provider, Provider.code == Provided.provider)
        .where(Provider.among("active", now))
    )
    if code is not None:
        wanted = wanted.where(Provided.provider == code)
    return (await session.execute(wanted)).all()


async def ages(session: AsyncSession, now: datetime) -> Sequence[Any]:
    """(provider, as_of, failures) of all active providers."""
    columns = Provided.provider, Provided.as_of, Provided.failures
    wanted = (
        select(*columns)
        .join(Provider, Provider.code == Provided.provider)
        .where(Provider.among("active", now))
    )
    return (await session.execute(wanted)).all()


async def claim(session: AsyncSession, now: datetime, limit: int) -> list[Claimed]:
    """Takes those that are due and may be asked; several workers share them, none is asked by two."""
    due = (
        select(Provided.provider)
        .join(Provider, Provider.code == Provided.provider)
        .where(Provided.next_poll_at <= now, Provider.among("active", now))
        .order_by(Provided.next_poll_at)
        .limit(limit)
        .with_for_update(of=Provided, skip_locked=True)
    )
    its = Provider.code == Provided.provider
    taken = update(Provided).where(Provided.provider.in_(due.scalar_subquery()), its)
    columns = Provided.provider, Provided.url, Provided.health, Provided.etag, Provider.hosts
    rows = await session.execute(
        taken.values(next_poll_at=now + EVERY)
        .returning(*columns)
        .execution_options(synchronize_session=False)
    )
    return [Claimed(*row) for row in rows]
