"""The administrator's desk: the gateway in process, with one front end and people of every role."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import text

from gateway.app import create_app
from gateway.clients import usecases
from gateway.edge.fresh import Memory
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import Keys, in_process, served

KEY = "key_of_the_front_end_of_the_desk"
ADMIN, OPS, OFFICER = uuid4(), uuid4(), uuid4()


class Desk:
    """Calls the gateway as whoever is named; `run` is the gateway's."""

    key, admin = KEY, str(ADMIN)

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.app, self.client, self.run, self.clock = app, client, app.state.runtime, clock
        self._keys = keys

    def as_(self, role: str) -> dict[str, str]:
        """Headers of `admin`, `ops`, `officer`, `citizen` or, for anything else, of a guest."""
        staff = {"admin": ADMIN, "ops": OPS, "officer": OFFICER}
        if role in staff:
            roles = ["laksa_officer" if role == "officer" else role]
            who: dict[str, Any] = {"kind": "staff", "sub": str(staff[role]), "roles": roles}
        elif role == "citizen":
            who = {"kind": "citizen", "sub": str(uuid4())}
        else:
            return {}
        claims = {"aud": "gateway", "sid": f"s-{role}", **who}
        token = self._keys.signer.sign("access", claims, self.clock.now(), 600)
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, role: str = "admin", **more: Any) -> Response:
        """A read."""
        return await self.client.get(path, headers=self.as_(role) | more.pop("headers", {}), **more)

    async def send(
        self, method: str, path: str, body: Any = None, role: str = "admin", once: str = "", **headers: str
    ) -> Response:
        """A write; `once` is its Idempotency-Key, a new one if it is not given."""
        given = self.as_(role) | {"Idempotency-Key": once or uuid4().hex} | headers
        return await self.client.request(method, path, json=body, headers=given)

    async def add(self, code: str, **more: Any) -> dict[str, Any]:
        """A new front end; answers it with its key."""
        body = {"code": code, "name": f"Situs {code}", "type": "web", **more}
        answer = await self.send("POST", "/v1/admin/clients", body)
        assert answer.status_code == 201, answer.text
        added: dict[str, Any] = answer.json()
        return added

    async def code_for(self, key: str) -> str:
        """What a guest with this key is told by a route for people who are signed in."""
        await self.run.part(Memory).reload()
        answer = await self.client.get("/v1/me", headers={"X-Api-Key": key})
        return str(answer.json()["code"])

    async def allowed(self, key: str, origin: str) -> str | None:
        """The origin whose browser may read an answer to this key."""
        answer = await self.client.get("/v1/me", headers={"X-Api-Key": key, "Origin": origin})
        return answer.headers.get("access-control-allow-origin")

    async def rows(self, sql: str) -> list[Any]:
        """What the database holds."""
        async with self.run.database.transaction() as session:
            return list((await session.execute(text(sql))).all())

    async def everything_kept(self) -> str:
        """Every row of every table, as PostgreSQL writes it."""
        listed = await self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row[0] for row in listed]
        return "".join([str(await self.rows(f'SELECT t::text FROM "{name}" AS t')) for name in names])


@pytest.fixture(scope="module")
def clock_of_module() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang; it goes on from test to test of a module."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


async def working(app: FastAPI) -> None:
    """Until a served gateway knows its keys and hears of changes."""
    async with asyncio.timeout(10):
        await app.state.runtime.bus.connected.wait()
        while any(ask() for ask in app.state.runtime.not_ready):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def open_desk(
    databases: Any, settings_for: Callable[..., Any], keys: Keys, clock_of_module: ManualClock
) -> Callable[..., Any]:
    """`async with open_desk(**settings) as desk:`."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Desk]:
        url = settings.pop("database_url", None)
        more = {"user_burst": 100_000, "address_burst": 100_000, **settings}
        app = create_app(
            settings_for(GatewaySettings, url or databases.new("gateway"), **more), clock_of_module
        )
        run = app.state.runtime
        if url is None:
            async with run.database.transaction() as session:
                await usecases.register(
                    session, code="desk", name="Meja admin", key=KEY, burst=100_000, now=clock_of_module.now()
                )
        if "nats_url" in settings:
            async with served(app) as url, AsyncClient(base_url=url, headers={"X-Api-Key": KEY}) as client:
                await working(app)
                yield Desk(app, client, keys, clock_of_module)
            return
        await run.part(Memory).reload()
        async with in_process(app) as client:
            client.headers["X-Api-Key"] = KEY
            yield Desk(app, client, keys, clock_of_module)
        await run.stop()

    return opened


@pytest.fixture(scope="module")
async def desk(open_desk: Callable[..., Any]) -> AsyncIterator[Desk]:
    """One for all tests of a module; each uses front ends of its own."""
    async with open_desk() as opened:
        yield opened
