"""The registry as the edge holds it in memory."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients.models import Client

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
).where(Client.disabled_at.is_(None))


async def all_active(session: AsyncSession) -> Sequence[Row[Any]]:
    """Every client that is not disabled; some hundreds."""
    return (await session.execute(_ACTIVE)).all()


async def codes(session: AsyncSession) -> set[str]:
    """The codes of all clients, disabled ones too: seeds never bring one back."""
    return set(await session.scalars(select(Client.code)))
