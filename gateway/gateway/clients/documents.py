"""The registry as administrators read it: over HTTP, and as a table on the command line."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients import queries
from gateway.clients.models import Client
from gateway.clients.schemas import ClientDetailOut, ClientOut, ClientsOut, StatesOut
from gateway.usage import usecases as usage
from shared import paging
from shared.runtime import Runtime

_Shown = TypeVar("_Shown", bound=ClientOut)
_DAYS = timedelta(days=29)
_MOMENTS = ("created_at", "disabled_at", "old_key_until", "last_used_at")


async def page(
    session: AsyncSession, run: Runtime, wanted: queries.Wanted, limit: int, cursor: str | None
) -> ClientsOut:
    """A page of the registry; three queries."""
    filters = {"list": "clients", **wanted._asdict()}
    after = None if cursor is None else paging.word(paging.decode(cursor, filters, 1)[0])
    rows = await queries.page(session, wanted, after, limit + 1)
    following = paging.encode([rows[limit - 1].code], filters) if len(rows) > limit else None
    shown = rows[:limit]
    used = await usage.last_used(session, [row.code for row in shown])
    items = [_out(run, row, ClientOut, used.get(row.code)) for row in shown]
    counts = StatesOut(**await queries.counts(session, wanted))
    return ClientsOut(items=items, next=following, counts=counts)


async def shown(
    session: AsyncSession, run: Runtime, client: Client, kind: type[_Shown], **more: Any
) -> _Shown:
    """One of them."""
    used = await usage.last_used(session, [client.code])
    return _out(run, client, kind, used.get(client.code), **more)


async def detail(session: AsyncSession, run: Runtime, client: Client) -> ClientDetailOut:
    """One of them with its last 30 days, today the last."""
    today = run.clock.now().astimezone(run.city.zone).date()
    days, seen = await usage.between(session, run, client.code, today - _DAYS, today)
    return await shown(session, run, client, ClientDetailOut, usage=days, seen=seen)


def table(clients: Sequence[Client], now: datetime) -> str:
    """One line each, for the command line."""
    head = ("code", "kind", "type", "owner", "keys", "rate", "burst", "name")
    lines = [
        (
            c.code,
            c.kind,
            c.type,
            c.owner or "-",
            _keys(c, now),
            f"{c.rate_per_second:g}",
            str(c.burst),
            c.name,
        )
        for c in clients
    ]
    return _columns([head, *lines])


def sheet(client: Client, now: datetime) -> str:
    """Everything of one, a line a field."""
    names = (
        "code", "name", "kind", "type", "platform", "owner", "contact_office", "rate_per_second", "burst",
        "created_at", "old_key_until", "disabled_at", "disabled_for", "notes",
    )  # fmt: skip
    values = [(name, str(value)) for name in names if (value := getattr(client, name)) is not None]
    lists = [(name, ", ".join(getattr(client, name)) or "-") for name in ("origins", "scopes")]
    return _columns([*values, *lists, ("keys", _keys(client, now))])


def _keys(client: Client, now: datetime) -> str:
    return "disabled" if client.disabled_at is not None else str(client.live_keys(now))


def _columns(lines: Iterable[tuple[str, ...]]) -> str:
    rows = list(lines)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    padded = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in padded)


def _out(run: Runtime, client: Client, kind: type[_Shown], used: datetime | None, **more: Any) -> _Shown:
    now = run.clock.now()
    names = [name for name in ClientOut.model_fields if hasattr(client, name) and name not in _MOMENTS]
    values = {name: getattr(client, name) for name in names} | {"live_keys": client.live_keys(now)}
    old = client.old_key_until if client.has_old_key(now) else None
    moments = (client.created_at, client.disabled_at, old, used)
    local = [at and at.astimezone(run.city.zone) for at in moments]
    return kind(**values, **dict(zip(_MOMENTS, local, strict=True)), **more)
