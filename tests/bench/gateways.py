"""A gateway of its own in front of the static upstream, with a database and no broker, for one figure."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploy.local.postgres import Cluster
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared import migrate
from shared.testing import Keys, free_port
from tests.bench.processes import BENCH, BESIDE, MEASURED, ROOT, running
from tests.bench.static import PATH

KEY, MANY = "k" * 32, 1_000_000
PACK = ROOT / "deploy" / "cities" / "tangerang"


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """A front end to register."""

    code: str
    key: str
    rate: float = MANY
    burst: int = MANY


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that runs: where it listens, the process of each worker, where its upstream listens.

    `settings` is its environment, `owner` the address of its database for whoever owns the tables.
    """

    port: int
    pids: tuple[int, ...]
    upstream: int
    settings: Mapping[str, str]
    owner: str


UNLIMITED = (FrontEnd("bench", KEY),)
"""A front end whose limit is counted like any other, and never reached."""


@asynccontextmanager
async def gateway(
    folder: Path,
    *,
    workers: int = 1,
    front_ends: Iterable[FrontEnd] = UNLIMITED,
    services: Iterable[Mapping[str, object]] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Gateway]:
    """The static upstream, and `workers` processes of the gateway on one port in front of it.

    `services` are others that run already: name, url, prefixes. `more` goes into its environment.
    """
    folder.mkdir(mode=0o711, exist_ok=True)
    cluster = Cluster(folder / "pg", free_port(), durable=False)
    await asyncio.to_thread(cluster.start)
    try:
        async with AsyncExitStack() as stack:
            upstream, port = free_port(), free_port()
            static = [sys.executable, str(BENCH / "static.py"), str(upstream)]
            log = folder / "static.log"
            await stack.enter_async_context(running(static, upstream, core=BESIDE, log=log))
            settings = await asyncio.to_thread(settings_of, cluster, port, upstream, folder) | more
            settings["SERVICES"] = json.dumps([*json.loads(settings["SERVICES"]), *services])
            await register(settings, front_ends)
            pids = []
            for number in range(workers):
                pids.append(await stack.enter_async_context(_worker(number, settings, folder)))
            await _until_served(port, workers)
            owner = cluster.url("gateway", "gateway_owner", "demo")
            yield Gateway(port, tuple(pids), upstream, settings, owner)
    finally:
        cluster.stop()
        cluster.wipe()


def request(path: str, port: int, key: str = KEY) -> bytes:
    """A read by a front end, as bytes."""
    head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-api-key: {key}\r\naccept: */*\r\n\r\n"
    return head.encode()


@asynccontextmanager
async def _worker(number: int, settings: Mapping[str, str], folder: Path) -> AsyncIterator[int]:
    command = [sys.executable, "-m", "gateway", "serve"]
    environment = os.environ | settings | {"OPS_PORT": str(free_port())}
    core, log = (MEASURED, BESIDE)[number % 2], folder / f"gateway-{number}.log"
    port = int(settings["PORT"])
    async with running(command, port, core=core, log=log, environment=environment) as pid:
        yield pid


def settings_of(cluster: Cluster, port: int, upstream: int, folder: Path) -> dict[str, str]:
    """The environment of a gateway, its database made and migrated."""
    for role in ("gateway_owner", "gateway"):
        cluster.ensure_role(role, "demo")
    cluster.ensure_database("gateway", "gateway_owner", "gateway")
    migrate.upgrade("gateway", cluster.url("gateway", "gateway_owner", "demo"), "gateway")
    keys, secret = Keys(folder), base64.b64encode(os.urandom(32)).decode()
    service = {"name": "svc-news", "url": f"http://127.0.0.1:{upstream}", "prefixes": ["/v1/news"]}
    return {
        "ENVIRONMENT": "test",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPS_PORT": str(free_port()),
        "DATABASE_URL": cluster.url("gateway", "gateway", "demo"),
        "NATS_URL": "nats://127.0.0.1:1",
        "CITY_PACK": str(PACK),
        "IDENTITY_JWKS": str(keys.public),
        "IDENTITY_KEY": str(keys.private),
        "FIELD_KEYS": json.dumps({"k1": secret}),
        "LOOKUP_KEY": secret,
        "MEDIA_SIGNING_KEY": secret,
        "MEDIA_URL": f"file://{folder}/media",
        "RATE_FILE": str(folder / "rates"),
        "SERVICES": json.dumps([service]),
        "ADDRESS_RATE": str(MANY),
        "ADDRESS_BURST": str(MANY),
    }


async def register(values: Mapping[str, str], front_ends: Iterable[FrontEnd] = UNLIMITED) -> None:
    """Front ends with keys of the bench's own making."""
    settings = GatewaySettings(**{name.lower(): value for name, value in values.items()})
    runtime = create_app(settings).state.runtime
    async with runtime.database.transaction() as session:
        now = runtime.clock.now()
        for each in (*UNLIMITED, *(f for f in front_ends if f not in UNLIMITED)):
            given = {"rate_per_second": each.rate, "burst": each.burst}
            await clients.register(session, code=each.code, name="demo", key=each.key, now=now, **given)
    await runtime.database.close()


async def _until_served(port: int, workers: int) -> None:
    """Until as many connections in a row as make every worker likely met are served."""
    served, line = 0, b""
    for _ in range(150):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(PATH, port))
        line = await reader.readline()
        writer.close()
        served = served + 1 if b" 200 " in line else 0
        if served >= (1 if workers == 1 else 20):
            return
        await asyncio.sleep(0.01 if served else 0.2)
    raise RuntimeError(f"the gateway does not pass the upstream's path on; it said {line.decode().strip()}")
