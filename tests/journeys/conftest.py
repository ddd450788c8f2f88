"""A whole city in one process: gateway and svc-laksa behind real HTTP, on real PostgreSQL and NATS."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import nats
import pytest
from fastapi import FastAPI

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from gateway import pack
from gateway.app import create_app as create_gateway
from gateway.settings import GatewaySettings
from shared import migrate
from shared.clock import ManualClock
from shared.testing import Keys, free_port, served
from svc_laksa.app import create_app as create_laksa
from svc_laksa.settings import LaksaSettings

OTP = "112233"
MONUMENT = (-6.1783, 106.6319)
"""A point inside kecamatan Tangerang."""


@dataclass
class City:
    """The running city and its people."""

    url: str
    gateway: FastAPI
    laksa: FastAPI
    clock: ManualClock
    http: httpx.AsyncClient
    sign_ins: dict[str, Any]
    staff: dict[str, Actor] = field(default_factory=dict)

    def guest(self, client: str = "android", language: str = "id") -> Actor:
        """Somebody with a front end and no account."""
        return Actor(self.http, self.sign_ins["api_keys"][client], language)

    async def resident(self, number: int = 0, language: str = "id") -> Actor:
        """One of the demo residents, signed in."""
        actor = self.guest(language=language)
        await actor.sign_in(self.sign_ins["citizens"][number]["phone"], OTP)
        return actor

    async def officer(self, key: str) -> Actor:
        """A member of staff by the key of demo-users.yaml, signed in at this moment of the clock."""
        actor = self.guest("web")
        await actor.sign_in_staff(self.sign_ins["staff"][key], self.clock.now())
        return actor

    async def timers(self) -> None:
        """Does what is due now, without waiting for the half second between two looks."""
        await self.laksa.state.runtime.timers.run_due()


@asynccontextmanager
async def running_city(
    clock: ManualClock, *, laksa_url: str, gateway_url: str, shared: dict[str, Any], keys: Keys, folder: Path
) -> AsyncIterator[City]:
    """Starts both apps on free ports, loads the demo people, and waits until the gateway serves LAKSA."""
    port = free_port()
    laksa = create_laksa(LaksaSettings(database_url=laksa_url, port=port, **shared), clock)
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(served(laksa, port))
        services = [{"name": "svc-laksa", "url": address, "prefixes": ["/v1/laksa", "/open311"]}]
        settings = GatewaySettings(
            database_url=gateway_url,
            services=json.dumps(services),
            demo_otp=OTP,
            **_gateway(keys, folder),
            **shared,
        )
        sign_ins = await pack.load(settings)
        gateway = create_gateway(settings, clock)
        url = await stack.enter_async_context(served(gateway))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))
        await _until_ready(http)
        yield City(url, gateway, laksa, clock, http, sign_ins)


@dataclass
class Own:
    """Servers that a test may stop and start, with databases of their own."""

    cluster: Cluster
    broker: Broker

    def databases(self) -> dict[str, str]:
        """Migrated, empty: `laksa_url` and `gateway_url`."""
        found = {}
        for short, package in (("laksa", "svc_laksa"), ("gateway", "gateway")):
            name, owner = f"{short}_{uuid4().hex[:8]}", f"{package}_owner"
            for role in (owner, package):
                self.cluster.ensure_role(role, "demo")
            self.cluster.ensure_database(name, owner, package)
            with ThreadPoolExecutor(1) as pool:
                url = self.cluster.url(name, owner, "demo")
                pool.submit(migrate.upgrade, package, url, package).result()
            found[f"{short}_url"] = self.cluster.url(name, package, "demo")
        return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A PostgreSQL and a NATS for one module alone."""
    cluster = Cluster(tmp_path_factory.mktemp("own-pg"), free_port(), durable=False)
    broker = Broker(tmp_path_factory.mktemp("own-nats"), free_port(2), durable=False)
    cluster.start()
    broker.start()
    yield Own(cluster, broker)
    for server in (broker, cluster):
        server.stop()
        server.wipe()


@pytest.fixture(scope="module")
async def city(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """One city a module, on a clock that starts Monday 2026-02-02, 09:00 there."""
    await delete_streams(broker.url())
    async with running_city(
        ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)),
        laksa_url=databases.new("svc_laksa"),
        gateway_url=databases.new("gateway"),
        shared=common_settings(broker.url(), keys),
        keys=keys,
        folder=tmp_path_factory.mktemp("city"),
    ) as found:
        yield found


@pytest.fixture
def start_city(own: Own, keys: Keys, tmp_path: Path, clock: ManualClock) -> Callable[[], Any]:
    """`async with start_city() as city`: each call starts the same city again, on the servers of `own`."""
    urls, shared = own.databases(), common_settings(own.broker.url(), keys)
    return lambda: running_city(clock, shared=shared, keys=keys, folder=tmp_path, **urls)


@pytest.fixture
def pothole() -> Callable[..., dict[str, Any]]:
    """The body of a report; keyword arguments change it."""

    def body(**changes: Any) -> dict[str, Any]:
        lat, lon = MONUMENT
        plain = {
            "category": "jalan-berlubang",
            "description": "demo: lubang",
            "point": {"lat": lat, "lon": lon},
            "attributes": {"bahaya": "tidak"},
        }
        if changes.get("category", "jalan-berlubang") != "jalan-berlubang":
            plain["attributes"] = {}
        return {**plain, **changes}

    return body


async def delete_streams(nats_url: str) -> None:
    """Events of other modules must not arrive here."""
    connection = await nats.connect(nats_url)
    for stream in await connection.jetstream().streams_info():
        await connection.jetstream().delete_stream(stream.config.name)
    await connection.close()


async def _until_ready(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while (await http.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.05)
        while "/v1/laksa/reports" not in (await http.get("/openapi.json")).json().get("paths", {}):
            await asyncio.sleep(0.05)


def common_settings(nats_url: str, keys: Keys) -> dict[str, Any]:
    """What both processes are told; a city that is started again needs the same once more."""
    secret = base64.b64encode(os.urandom(32)).decode()
    pack_folder = Path(__file__).resolve().parents[2] / "deploy" / "cities" / "tangerang"
    return {
        "environment": "development",
        "nats_url": nats_url,
        "city_pack": pack_folder,
        "identity_jwks": keys.public,
        "field_keys": json.dumps({"k1": secret}),
        "lookup_key": secret,
        "media_signing_key": secret,
    }


def _gateway(keys: Keys, folder: Path) -> dict[str, Any]:
    return {
        "identity_key": keys.private,
        "media_url": f"file://{folder}/media-{uuid4().hex}",
        "rate_file": folder / "rates",
    }
