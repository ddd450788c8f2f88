"""A gateway of its own in front of the static upstream, with a database, for one figure; or a broker too."""

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

from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared import migrate
from shared.runtime import Runtime
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

    `ops` is where each worker tells its metrics, `settings` its environment, `owner` the address of its
    database for whoever owns the tables.
    """

    port: int
    pids: tuple[int, ...]
    ops: tuple[int, ...]
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
    nats: Broker | None = None,
) -> AsyncIterator[Gateway]:
    """The static upstream, and `workers` processes of the gateway on one port in front of it.

    `services` are others beside it: name, url, prefixes. `more` goes into its environment. Without `nats` it
    does as it does while the broker is away.
    """
    folder.mkdir(mode=0o711, exist_ok=True)
    upstream, port = free_port(), free_port()
    static = [sys.executable, str(BENCH / "static.py"), str(upstream)]
    async with (
        cluster(folder / "pg") as postgres,
        running(static, upstream, core=BESIDE, log=folder / "static.log"),
        AsyncExitStack() as stack,
    ):
        settings = await asyncio.to_thread(settings_of, postgres, port, upstream, folder) | more
        settings["SERVICES"] = json.dumps([*json.loads(settings["SERVICES"]), *services])
        settings |= {"NATS_URL": nats.url()} if nats is not None else {}
        await register(settings, front_ends)
        ops = tuple(free_port() for _ in range(workers))
        made = (_worker(number, each, settings, folder) for number, each in enumerate(ops))
        pids = tuple([await stack.enter_async_context(each) for each in made])
        await _until_served(port, workers)
        yield Gateway(port, pids, ops, upstream, settings, postgres.url("gateway", "gateway_owner", "demo"))


@asynccontextmanager
async def cluster(folder: Path, *, durable: bool = False) -> AsyncIterator[Cluster]:
    """PostgreSQL in a folder, wiped afterwards; `durable`: fsyncs as a city's does."""
    made = Cluster(folder, free_port(), durable=durable)
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        made.stop()
        made.wipe()


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[Broker]:
    """A real one, which fsyncs as a city's does."""
    nats = Broker(folder, free_port(2))
    await asyncio.to_thread(nats.start)
    try:
        yield nats
    finally:
        nats.stop()
        nats.wipe()


def runtime_of(ours: Mapping[str, str]) -> Runtime:
    """The gateway's plumbing, in this process, of a gateway with that environment; nothing of it runs yet."""
    settings = GatewaySettings(**{name.lower(): value for name, value in ours.items()})
    runtime: Runtime = create_app(settings).state.runtime
    return runtime


def request(path: str, port: int, key: str = KEY) -> bytes:
    """A read by a front end, as bytes."""
    head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-api-key: {key}\r\naccept: */*\r\n\r\n"
    return head.encode()


@asynccontextmanager
async def _worker(number: int, ops: int, settings: Mapping[str, str], folder: Path) -> AsyncIterator[int]:
    command = [sys.executable, "-m", "gateway", "serve"]
    environment = os.environ | settings | {"OPS_PORT": str(ops)}
    core, log = (MEASURED, BESIDE)[number % 2], folder / f"gateway-{number}.log"
    port = int(settings["PORT"])
    async with running(command, port, core=core, log=log, environment=environment) as pid:
        yield pid


def settings_of(postgres: Cluster, port: int, upstream: int, folder: Path) -> dict[str, str]:
    """The environment of a gateway, its database made and migrated."""
    for role in ("gateway_owner", "gateway"):
        postgres.ensure_role(role, "demo")
    postgres.ensure_database("gateway", "gateway_owner", "gateway")
    migrate.upgrade("gateway", postgres.url("gateway", "gateway_owner", "demo"), "gateway")
    keys, secret = Keys(folder), base64.b64encode(os.urandom(32)).decode()
    service = {"name": "svc-news", "url": f"http://127.0.0.1:{upstream}", "prefixes": ["/v1/news"]}
    return {
        "ENVIRONMENT": "test",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPS_PORT": str(free_port()),
        "DATABASE_URL": postgres.url("gateway", "gateway", "demo"),
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
    runtime = runtime_of(values)
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
