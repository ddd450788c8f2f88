"""Reads of this slice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gateway.usage.models import ClientUsage

_SUMS = tuple(
    func.sum(getattr(ClientUsage, name)).label(name)
    for name in ("requests", "refused", "limited", "failed", "bytes")
)
_LAST = func.max(ClientUsage.last_at).label("last_at")
MOST_VERSIONS_SHOWN = 100


async def versions_known(
    session: AsyncSession, days: Collection[tuple[str, date]]
) -> dict[tuple[str, date], set[str]]:
    """The versions that (client, day) have rows of already."""
    each = (ClientUsage.client, ClientUsage.day, ClientUsage.version)
    clients, dates = {client for client, _ in days}, {day for _, day in days}
    rows = await session.execute(
        select(*each).where(ClientUsage.client.in_(clients), ClientUsage.day.in_(dates)).distinct()
    )
    found: dict[tuple[str, date], set[str]] = {}
    for client, day, version in rows:
        found.setdefault((client, day), set()).add(version)
    return found


async def days_of(session: AsyncSession, client: str, since: date, until: date) -> Sequence[Row[Any]]:
    """The days of one client on which it was used, oldest first; `until` is included."""
    wanted = select(ClientUsage.day, *_SUMS, _LAST).where(*_between(client, since, until))
    return (await session.execute(wanted.group_by(ClientUsage.day).order_by(ClientUsage.day))).all()


async def versions_of(session: AsyncSession, client: str, since: date, until: date) -> Sequence[Row[Any]]:
    """Platforms and versions of one client in these days, the most used first; 100 at most."""
    seen = (ClientUsage.platform, ClientUsage.version)
    wanted = select(*seen, *_SUMS[:1], _LAST).where(*_between(client, since, until)).group_by(*seen)
    most = _SUMS[0].desc(), *seen
    return (await session.execute(wanted.order_by(*most).limit(MOST_VERSIONS_SHOWN))).all()


async def clients_of(
    session: AsyncSession, day: date, after: tuple[int, str] | None, limit: int
) -> Sequence[Row[Any]]:
    """All clients of one day, the busiest first; `after`: (requests, code) of the last one seen."""
    sums = select(ClientUsage.client, *_SUMS, _LAST).where(ClientUsage.day == day)
    told = sums.group_by(ClientUsage.client).subquery()
    wanted = select(told)
    if after is not None:
        requests, code = after
        later = (told.c.requests == requests) & (told.c.client > code)
        wanted = wanted.where((told.c.requests < requests) | later)
    order = told.c.requests.desc(), told.c.client
    return (await session.execute(wanted.order_by(*order).limit(limit))).all()


async def last_used(session: AsyncSession, clients: Collection[str]) -> Mapping[str, datetime]:
    """When each was used last, of the days that are kept: two steps in the index a client."""
    asked = select(func.unnest(literal(list(clients), ARRAY(Text))).label("client")).subquery()
    any_day = aliased(ClientUsage)
    newest = select(func.max(any_day.day)).where(any_day.client == asked.c.client).scalar_subquery()
    rows = await session.execute(
        select(ClientUsage.client, _LAST)
        .join(asked, (ClientUsage.client == asked.c.client) & (ClientUsage.day == newest))
        .group_by(ClientUsage.client)
    )
    return {row.client: row.last_at for row in rows}


def _between(client: str, since: date, until: date) -> tuple[Any, ...]:
    return ClientUsage.client == client, ClientUsage.day >= since, ClientUsage.day <= until
