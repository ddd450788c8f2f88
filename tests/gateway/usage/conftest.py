"""Gateways on one database, and what they counted."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.fresh import Memory
from gateway.settings import GatewaySettings
from gateway.usage.usecases import Ledger
from shared.clock import ManualClock
from shared.testing import Keys, in_process

KEY = "key_of_a_front_end_that_is_counted"


class Worker:
    """One worker of the gateway, in process."""

    def __init__(self, app: FastAPI, client: AsyncClient) -> None:
        self.app, self.client, self.run = app, client, app.state.runtime
        self.ledger: Ledger = self.run.part(Ledger)

    async def ask(self, path: str = "/v1/erasures/none", **headers: str) -> int:
        """One request; answers its status. The usual path is a 422 of 4xx."""
        return (await self.client.get(path, headers={"X-Api-Key": KEY} | headers)).status_code

    async def rows(self, columns: str = "platform, version, requests") -> list[Any]:
        """What is written of the front end."""
        sql = text(f"SELECT {columns} FROM client_usage WHERE client = 'counted' ORDER BY 1, 2")
        async with self.run.database.transaction() as session:
            return [tuple(row) for row in (await session.execute(sql)).all()]

    async def sums(self, column: str = "requests") -> int:
        """The sum over all rows."""
        return int((await self.rows(f"sum({column}), 1"))[0][0] or 0)


@pytest.fixture
def open_worker(databases: Any, settings_for: Callable[..., Any], clock: ManualClock) -> Callable[..., Any]:
    """`async with open_worker() as worker:`; all of a test work on one database."""
    url = databases.new("gateway")
    more = {"address_burst": 100_000, "user_burst": 100_000}

    @asynccontextmanager
    async def opened() -> AsyncIterator[Worker]:
        app = create_app(settings_for(GatewaySettings, url, **more), clock)
        await app.state.runtime.part(Memory).reload()
        async with in_process(app) as client:
            yield Worker(app, client)
        await app.state.runtime.stop()

    return opened


@pytest.fixture
async def worker(open_worker: Callable[..., Any], clock: ManualClock) -> AsyncIterator[Worker]:
    """The first worker; it registers the front end `counted`."""
    async with open_worker() as opened:
        async with opened.run.database.transaction() as session:
            await clients.register(
                session, code="counted", name="Web", key=KEY, burst=100_000, now=clock.now()
            )
        await opened.run.part(Memory).reload()
        yield opened


@pytest.fixture
def admin(keys: Keys, clock: ManualClock) -> Callable[[], dict[str, str]]:
    """Headers of an administrator with the counted key, at this moment."""

    def headers() -> dict[str, str]:
        claims = {"aud": "gateway", "kind": "staff", "sub": str(uuid4()), "sid": "s", "roles": ["admin"]}
        token = keys.signer.sign("access", claims, clock.now(), 600)
        return {"Authorization": f"Bearer {token}", "X-Api-Key": KEY}

    return headers


def moment(text_of: str) -> datetime:
    """An RFC 3339 time in UTC."""
    return datetime.fromisoformat(text_of).astimezone(UTC)
