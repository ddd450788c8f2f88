"""The gateway with a database of its own, and people who sign in to it."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, cast
from uuid import UUID

import pyotp
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.edge.fresh import Memory
from gateway.passwords import usecases as passwords
from gateway.passwords.client import Passwords
from gateway.people import usecases as people
from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.clock import ManualClock
from shared.settings import Settings
from shared.tables import outbox
from shared.testing import in_process, served

PHONE, CODE = "0812 0000 0001", "123456"
PASSWORD, SECRET = "a long pass phrase", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY, OTHER_KEY = "key_of_the_site_in_these_tests", "key_of_the_app_in_these_tests"


@pytest.fixture
def make_app(databases: Any, settings_for: Callable[..., Any], clock: ManualClock) -> Callable[..., FastAPI]:
    """`make_app(**settings)`: the whole gateway with a database of its own and the code 123456."""

    def make(**more: Any) -> FastAPI:
        url = more.pop("database_url", None) or databases.new("gateway")
        return create_app(settings_for(GatewaySettings, url, **({"demo_otp": CODE} | more)), clock)

    return make


@pytest.fixture
async def app(make_app: Callable[..., FastAPI], clock: ManualClock) -> AsyncIterator[FastAPI]:
    """The gateway with two front ends; checking a password is cheap."""
    made = make_app()
    made.state.runtime.parts[Passwords] = Passwords(memory_kib=64, passes=1)
    await with_front_ends(made, clock)
    yield made
    await made.state.runtime.stop()


async def with_front_ends(app: FastAPI, clock: ManualClock) -> None:
    """Registers two front ends, and lets the edge read them."""
    run = app.state.runtime
    async with run.database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
        await clients.register(session, code="android", name="Android", key=OTHER_KEY, now=clock.now())
    await run.part(Memory).reload()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Calls the app through its own edge, without a network."""
    async with in_process(app) as made:
        made.headers["X-Api-Key"] = KEY
        yield made


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a process with these settings."""
    values = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    plain = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value not in ((), None)
    }
    return os.environ | plain | more


@pytest.fixture
def as_environment() -> Callable[..., dict[str, str]]:
    """`as_environment(settings, PORT="…")`: what a process is started with."""
    return environment


class People:
    """Signs residents and staff in through the front door."""

    password, other_key = PASSWORD, OTHER_KEY

    def __init__(self, client: AsyncClient, app: FastAPI, clock: ManualClock) -> None:
        self.client, self.clock, self.run = client, clock, app.state.runtime

    async def ask(self, phone: str = PHONE, **headers: str) -> Response:
        """Asks for a code."""
        return await self.client.post("/v1/auth/otp", json={"phone": phone}, headers=headers)

    async def try_code(self, challenge_id: str, code: str) -> Response:
        """Tries one."""
        return await self.client.post(
            "/v1/auth/otp/verify", json={"challenge_id": challenge_id, "code": code}
        )

    async def citizen(self, phone: str = PHONE) -> dict[str, Any]:
        """The answer of a whole sign-in by phone."""
        asked = await self.ask(phone)
        signed_in = await self.try_code(asked.json()["challenge_id"], CODE)
        assert signed_in.status_code == 200, signed_in.text
        return cast(dict[str, Any], signed_in.json())

    async def enrol(self, username: str = "officer", **more: Any) -> UUID:
        """Adds a member of staff with PASSWORD and SECRET."""
        values = {"roles": ("laksa_officer",), "agency": "dpupr", "totp": SECRET} | more
        vault, now = self.run.part(Vault), self.clock.now()
        async with self.run.database.transaction() as session:
            staff_id = await people.enrol(
                session, name="Siti", roles=values["roles"], agency=values["agency"], vault=vault, now=now
            )
            await passwords.give(
                session,
                staff_id,
                username=username,
                password_hash=self.run.part(Passwords).hash(PASSWORD),
                totp_secret=values["totp"],
                vault=vault,
                now=now,
            )
        return staff_id

    def totp(self, steps: int = 0) -> str:
        """What the authenticator shows, so many 30-second steps from now."""
        return pyotp.TOTP(SECRET).at(self.clock.now(), counter_offset=steps)

    async def staff(
        self, username: str = "officer", password: str = PASSWORD, totp: str | None = None
    ) -> Response:
        """Tries to sign staff in."""
        body = {"username": username, "password": password, "totp": totp or self.totp()}
        return await self.client.post("/v1/auth/staff", json=body)

    async def refresh(self, token: str, **headers: str) -> Response:
        """Asks for the next pair."""
        return await self.client.post("/v1/auth/refresh", json={"refresh_token": token}, headers=headers)

    async def me(self, access_token: str) -> Response:
        """Who is signed in."""
        return await self.client.get("/v1/me", headers={"Authorization": f"Bearer {access_token}"})

    async def edge_hears(self) -> None:
        """What every worker does at an event, or every five seconds without a broker."""
        await self.run.part(Memory).reload()

    async def ended_sessions(self) -> list[str]:
        """The sessions that events say have ended."""
        async with self.run.database.transaction() as session:
            wanted = select(outbox.c.data).where(outbox.c.type == "gateway.session_revoked.v1")
            return [data["sid"] for data in await session.scalars(wanted)]


@pytest.fixture
def someone(client: AsyncClient, app: FastAPI, clock: ManualClock) -> People:
    """Signs people in."""
    return People(client, app, clock)


@pytest.fixture
async def two_workers(
    make_app: Callable[..., FastAPI], databases: Any, broker: Broker, clock: ManualClock
) -> AsyncIterator[list[People]]:
    """People at two workers of one gateway, with a broker between them."""
    url = databases.new("gateway")
    async with AsyncExitStack() as stack:
        found: list[People] = []
        for _ in range(2):
            app = make_app(database_url=url, nats_url=broker.url())
            if not found:
                await with_front_ends(app, clock)
            address = await stack.enter_async_context(served(app))
            client = AsyncClient(base_url=address, headers={"X-Api-Key": KEY})
            found.append(People(await stack.enter_async_context(client), app, clock))
        yield found
