"""A gateway with some audited deeds, chained; and an owner of the database who changes them."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from gateway.app import create_app
from gateway.audits import usecases as audits
from gateway.clients import usecases as clients
from gateway.edge.fresh import Memory
from gateway.settings import GatewaySettings
from shared.chain.verify import Seal, Verdict
from shared.clock import ManualClock
from shared.testing import Keys, in_process

KEY = "key_of_a_front_end_that_is_audited"


class Archive:
    """The audits of one gateway."""

    def __init__(self, run: Any, client: AsyncClient, owner_url: str, keys: Keys, clock: ManualClock) -> None:
        self.run, self.client, self._owner_url = run, client, owner_url
        self._keys, self.clock = keys, clock

    async def verdict(self, *heads: Seal) -> Verdict:
        """What `verify-audits` finds."""
        return await audits.verify_audits(self.run.settings, heads)

    async def head(self) -> Seal:
        """What it prints to be kept elsewhere."""
        found = await self.verdict()
        return Seal(found.links, found.head)

    async def after(self, *statements: str, heads: tuple[Seal, ...] = ()) -> Verdict:
        """What would be found after these statements of the tables' owner, who may do everything."""
        engine = create_async_engine(self._owner_url.replace("postgresql:", "postgresql+asyncpg:"))
        try:
            async with engine.connect() as connection, connection.begin() as undone:
                for statement in statements:
                    await connection.execute(text(statement))
                found = await audits.check(AsyncSession(connection), heads)
                await undone.rollback()
                return found
        finally:
            await engine.dispose()

    async def get(self, role: str = "admin", **params: Any) -> Response:
        """The list over HTTP."""
        claims = {"aud": "gateway", "sub": str(uuid4()), "sid": "s", "kind": "staff", "roles": [role]}
        if role == "citizen":
            claims |= {"kind": "citizen", "roles": []}
        token = self._keys.signer.sign("access", claims, self.clock.now(), 600)
        headers = {"X-Api-Key": KEY} | ({} if role == "guest" else {"Authorization": f"Bearer {token}"})
        return await self.client.get("/v1/admin/audits", params=params, headers=headers)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def archive(
    databases: Any, settings_for: Callable[..., Any], keys: Keys, clock: ManualClock
) -> AsyncIterator[Archive]:
    """Six lines, an hour apart: web registered, five deeds of two administrators."""
    url = databases.new("gateway")
    app = create_app(settings_for(GatewaySettings, url), clock)
    run = app.state.runtime
    async with run.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
    for number in range(1, 6):
        clock.advance(timedelta(hours=1))
        async with run.database.transaction() as session:
            actor, subject = f"admin-{number % 2}", f"menu:{number % 3}"
            await audits.record(session, actor, "menu_changed", subject, {"place": number}, now=clock.now())
    await run.part(Memory).reload()
    async with in_process(app) as client:
        made = Archive(run, client, databases.owner_url(url), keys, clock)
        while await run.sequencer.chain_waiting():
            pass
        yield made
    await run.stop()
