"""The registry as the edge holds it in memory, and as administrators list it."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients.models import Client
from gateway.clients.rules import Kind

State = Literal["active", "disabled", "no_key"]
_ACTIVE = select(
    Client.code,
    Client.kind,
    Client.platform,
    Client.key_hash,
    Client.old_key_hash,
    Client.old_key_until,
    Client.origins,
    Client.rate_per_second,
    Client.burst,
).where(Client.disabled_at.is_(None), Client.key_hash.is_not(None))
_ENABLED, _KEYED = Client.disabled_at.is_(None), Client.key_hash.is_not(None)
_STATES: dict[State, ColumnElement[bool]] = {
    "active": _ENABLED & _KEYED,
    "disabled": ~_ENABLED,
    "no_key": _ENABLED & ~_KEYED,
}


class Wanted(NamedTuple):
    """Which clients; `q` is part of a code or a name."""

    kind: Kind | None = None
    owner: str | None = None
    state: State | None = None
    q: str | None = None


async def all_active(session: AsyncSession) -> Sequence[Row[Any]]:
    """Every client that has a key and is not disabled; some hundreds."""
    return (await session.execute(_ACTIVE)).all()


async def codes(session: AsyncSession) -> set[str]:
    """The codes of all clients, disabled ones too: seeds never bring one back."""
    return set(await session.scalars(select(Client.code)))


async def page(
    session: AsyncSession, wanted: Wanted, after: str | None, limit: int | None
) -> Sequence[Client]:
    """By code; some hundreds in all, so that a name is looked for in every row."""
    clients = select(Client).where(*_filters(wanted))
    if wanted.state is not None:
        clients = clients.where(_STATES[wanted.state])
    if after is not None:
        clients = clients.where(Client.code > after)
    return (await session.scalars(clients.order_by(Client.code).limit(limit))).all()


async def counts(session: AsyncSession, wanted: Wanted) -> dict[str, int]:
    """How many there are of each state, whatever state is wanted."""
    columns = [func.count().filter(rule).label(name) for name, rule in _STATES.items()]
    row = (await session.execute(select(*columns).select_from(Client).where(*_filters(wanted)))).one()
    return dict(row._mapping)


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(Client.kind == wanted.kind)
    if wanted.owner is not None:
        found.append(Client.owner == wanted.owner)
    if wanted.q is not None:
        part = {"autoescape": True}
        found.append(or_(Client.code.icontains(wanted.q, **part), Client.name.icontains(wanted.q, **part)))
    return found
