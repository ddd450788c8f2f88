"""Pass-through of a 3 KB answer: the gateway with key check, limits and metrics against bare proxies."""

import asyncio
import base64
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.local.postgres import Cluster
from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.settings import GatewaySettings
from shared import migrate
from shared.testing import Keys, free_port
from tests.bench import peers
from tests.bench.processes import BENCH, BESIDE, MEASURED, ROOT, cpu_seconds, pinned, running
from tests.bench.static import PATH
from tests.bench.table import Table

_CONNECTIONS, _KEY, _MANY = 50, "k" * 32, 1_000_000
_PACK = ROOT / "deploy" / "cities" / "tangerang"


async def measure(folder: Path, *, rounds: int, seconds: float, say: Callable[[str], None]) -> Table:
    """The table of all peers, each `rounds` times in turn; medians, and the gateway's share of each."""
    commands, missing = await asyncio.to_thread(peers.commands, folder)
    upstream = free_port()
    static = [sys.executable, str(BENCH / "static.py"), str(upstream)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(static, upstream, core=BESIDE, log=folder / "static.log"))
        ports = {"gateway": free_port()}
        pids = {"gateway": await stack.enter_async_context(_gateway(ports["gateway"], upstream, folder))}
        for name, command in commands.items():
            ports[name] = free_port()
            process = running(
                command(ports[name], upstream), ports[name], core=MEASURED, log=folder / f"{name}.log"
            )
            pids[name] = await stack.enter_async_context(process)
        ports["upstream itself"] = upstream
        results = await _rounds(ports, pids, rounds, seconds, say)
    return _table(results, missing)


async def _rounds(
    ports: Mapping[str, int],
    pids: Mapping[str, int],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
    for number in range(rounds + 1):  # the first one warms everything up
        for name, port in ports.items():
            before = cpu_seconds(pids[name]) if name in pids else 0
            result = await _ask(port, seconds if number else 1)
            if name in pids:
                spent = cpu_seconds(pids[name]) - before
                result["cpu_us"] = spent / max(result["answers"], 1) * 1e6
            if number:
                results[name].append(result)
                say(f"pass-through {number}/{rounds}  {name:<16} {result['rate']:>8,.0f} req/s")
    return results


async def _ask(port: int, seconds: float) -> dict[str, Any]:
    """One run of the load generator, in a process of its own beside the upstream."""
    request = f"GET {PATH} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-api-key: {_KEY}\r\naccept: */*\r\n\r\n"
    asked = {"port": port, "request": request, "connections": _CONNECTIONS, "seconds": seconds, "warm": 0.5}
    command = pinned([sys.executable, str(BENCH / "load.py"), json.dumps(asked)], BESIDE)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    result: dict[str, Any] = json.loads(out)
    if set(result["statuses"]) != {"200"}:
        raise RuntimeError(f"port {port} did not answer 200 alone: {result['statuses']}")
    return result


def _table(results: Mapping[str, list[dict[str, float]]], missing: Mapping[str, str]) -> Table:
    def middle(name: str, what: str) -> float:
        return statistics.median(r[what] for r in results[name] if what in r)

    table = Table(
        "pass-through of 3 KB, 50 connections, one core each",
        "who",
        "req/s",
        "p99 ms",
        "CPU us",
        "gateway is",
    )
    own = middle("gateway", "rate")
    for name in results:
        share = "" if name == "gateway" else f"{own / middle(name, 'rate'):.2f} of it"
        cpu = f"{middle(name, 'cpu_us'):,.0f}" if "cpu_us" in results[name][0] else ""
        table.row(name, f"{middle(name, 'rate'):,.0f}", f"{middle(name, 'p99'):.1f}", cpu, share)
    for name, why in missing.items():
        table.row(name, "-", "-", "-", f"not here: {why}")
    return table


@asynccontextmanager
async def _gateway(port: int, upstream: int, folder: Path) -> AsyncIterator[int]:
    """A gateway of its own in front of the static upstream, with a database and no broker."""
    cluster = Cluster(folder / "pg", free_port(), durable=False)
    await asyncio.to_thread(cluster.start)
    try:
        settings = await asyncio.to_thread(_settings, cluster, port, upstream, folder)
        await _register(settings)
        command = [sys.executable, "-m", "gateway", "serve"]
        environment = os.environ | settings
        log = folder / "gateway.log"
        async with running(command, port, core=MEASURED, log=log, environment=environment) as pid:
            await _until_served(port)
            yield pid
    finally:
        cluster.stop()
        cluster.wipe()


def _settings(cluster: Cluster, port: int, upstream: int, folder: Path) -> dict[str, str]:
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
        "CITY_PACK": str(_PACK),
        "IDENTITY_JWKS": str(keys.public),
        "IDENTITY_KEY": str(keys.private),
        "FIELD_KEYS": json.dumps({"k1": secret}),
        "LOOKUP_KEY": secret,
        "MEDIA_SIGNING_KEY": secret,
        "MEDIA_URL": f"file://{folder}/media",
        "RATE_FILE": str(folder / "rates"),
        "SERVICES": json.dumps([service]),
        "ADDRESS_RATE": str(_MANY),
        "ADDRESS_BURST": str(_MANY),
    }


async def _register(values: Mapping[str, str]) -> None:
    """A front end whose limit is counted like any other, and never reached."""
    settings = GatewaySettings(**{name.lower(): value for name, value in values.items()})
    runtime = create_app(settings).state.runtime
    async with runtime.database.transaction() as session:
        now = runtime.clock.now()
        await clients.register(
            session, code="bench", name="demo", key=_KEY, now=now, rate_per_second=_MANY, burst=_MANY
        )
    await runtime.database.close()


async def _until_served(port: int) -> None:
    for _ in range(100):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {PATH} HTTP/1.1\r\nhost: demo\r\nx-api-key: {_KEY}\r\n\r\n".encode())
        line = await reader.readline()
        writer.close()
        if b" 200 " in line:
            return
        await asyncio.sleep(0.2)
    raise RuntimeError(f"the gateway does not pass the upstream's path on; it said {line.decode().strip()}")
