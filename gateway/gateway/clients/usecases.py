"""What an administrator does with front ends: register, rotate the key, disable."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients import rules
from gateway.clients.models import Client
from shared.contracts.gateway import ClientChangedV1
from shared.errors import Conflict, NotFound
from shared.events.outbox import emit

OVERLAP = timedelta(days=7)


class ClientExists(Conflict):
    code = "client_exists"


async def register(
    session: AsyncSession,
    *,
    code: str,
    name: str,
    now: datetime,
    kind: str = "front_end",
    platform: str | None = None,
    origins: Sequence[str] = (),
    rate_per_second: float = 500,
    burst: int = 1_000,
    key: str | None = None,
) -> str:
    """Adds a front end or partner and answers its key, which is shown this once.

    `key` is given by a demo city alone. 409 `client_exists`; ValueError for an origin that is none.
    """
    if await session.get(Client, code) is not None:
        raise ClientExists
    key = key or rules.new_key()
    client = Client(
        code=code,
        name=name,
        kind=kind,
        platform=platform,
        key_hash=rules.key_hash(key.encode()),
        origins=[rules.origin(o) for o in origins],
        rate_per_second=rate_per_second,
        burst=burst,
        created_at=now,
        version=1,
    )
    session.add(client)
    await _changed(session, client, now)
    return key


async def rotate(session: AsyncSession, *, code: str, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """A new key; the old one stays good for `overlap`, so that installed apps go on working. 404."""
    client = await _locked(session, code)
    key = rules.new_key()
    client.rotate(rules.key_hash(key.encode()), now + overlap)
    await _changed(session, client, now)
    return key


async def disable(session: AsyncSession, *, code: str, now: datetime) -> None:
    """Ends all keys of the client on every worker within a second. 404 if unknown."""
    client = await _locked(session, code)
    client.disable(now)
    await _changed(session, client, now)


async def _locked(session: AsyncSession, code: str) -> Client:
    client = await session.get(Client, code, with_for_update=True)
    if client is None:
        raise NotFound
    return client


async def _changed(session: AsyncSession, client: Client, now: datetime) -> None:
    await session.flush()
    event = ClientChangedV1(client=client.code)
    await emit(session, event, entity_id=client.code, entity_version=client.version, now=now)
