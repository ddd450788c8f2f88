"""Gateway and services as the processes they are; all they print and keep is where it can be read."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nats
from nats.js.api import AckPolicy, ConsumerConfig
from sqlalchemy import text

from deploy.local.layout import SERVICES
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from gateway.settings import GatewaySettings
from shared.db import Database
from shared.settings import Settings
from shared.testing import free_port
from tests.gateway.accounts.conftest import environment
from tests.security.town import MORE, RUNNING, kind_of


@dataclass
class Stack:
    """A folder, a database each, a broker, and the processes while `running`; `services` by short name."""

    folder: Path
    gateway: GatewaySettings
    services: Mapping[str, Settings]
    broker: Broker
    cluster: Cluster

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    @property
    def all(self) -> Mapping[str, Settings]:
        """Settings by short name, the gateway's too."""
        return {**self.services, "gateway": self.gateway}

    @asynccontextmanager
    async def running(self, shifted_seconds: float = 0) -> AsyncIterator[httpx.AsyncClient]:
        """All processes, ready, and a client at the gateway."""
        async with AsyncExitStack() as stack:
            for short, settings in self.all.items():
                name = short if short == "gateway" else f"svc_{short}"
                await stack.enter_async_context(self._process(name, settings, shifted_seconds))
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=self.url, timeout=30))
            await _until_ready(http, self.all)
            yield http

    @asynccontextmanager
    async def _process(self, name: str, settings: Settings, shifted: float) -> AsyncIterator[None]:
        values = environment(settings, TMPDIR=str(self.folder / "tmp"), CITY_TIME_OFFSET=str(shifted))
        if isinstance(settings, GatewaySettings):
            values["SERVICES"] = json.dumps([each.model_dump(mode="json") for each in settings.services])
        command = [sys.executable, "-m", name, "serve"]
        with (self.folder / f"{name}.log").open("ab") as file:
            child = await asyncio.create_subprocess_exec(*command, env=values, stdout=file, stderr=file)
            try:
                yield
            finally:
                child.terminate()
                await asyncio.wait_for(child.wait(), 20)

    async def metrics(self) -> bytes:
        """What the processes tell on their ops ports."""
        async with httpx.AsyncClient() as http:
            ports = (each.ops_port for each in self.all.values())
            answers = [await http.get(f"http://127.0.0.1:{port}/metrics") for port in ports]
        return b"\n".join(answer.content for answer in answers)

    def logs(self) -> bytes:
        """What the processes printed."""
        return b"\n".join(path.read_bytes() for path in sorted(self.folder.glob("*.log")))

    def server_logs(self) -> bytes:
        """What PostgreSQL and NATS wrote down."""
        return b"\n".join((each.folder / "server.log").read_bytes() for each in (self.cluster, self.broker))

    def files(self, under: str = "") -> bytes:
        """Every other file of the stack, with its name."""
        found = [p for p in sorted((self.folder / under).rglob("*")) if p.is_file() and p.suffix != ".log"]
        return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in found)

    async def events(self) -> bytes:
        """Every message of every stream, headers included."""
        connection = await nats.connect(self.broker.url())
        jetstream, found = connection.jetstream(), []
        for stream in [found.config.name for found in await jetstream.streams_info()]:
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, inactive_threshold=30)
            subscription = await jetstream.pull_subscribe(f"{stream.lower()}.>", stream=stream, config=config)
            left = (await jetstream.stream_info(stream)).state.messages
            while left > 0:
                messages = await subscription.fetch(min(left, 200), timeout=5)
                found += [json.dumps(m.headers).encode() + m.data for m in messages]
                left -= len(messages)
        await connection.close()
        return b"\n".join(found)

    async def rows(self) -> dict[str, bytes]:
        """`<database>.<table>` -> its rows as JSON, bytes as hex; what the public reads stands apart."""
        found: dict[str, bytes] = {}
        for name, settings in self.all.items():
            database = Database(settings.database_url.get_secret_value(), name, pool=1, overflow=0)
            async with database.transaction() as session:
                tables = await session.scalars(
                    text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                )
                for table in tables.all():
                    whole = f'SELECT to_jsonb(t)::text FROM "{table}" t'
                    if (name, table) == ("laksa", "report_texts"):
                        found["laksa.report_texts.plain"] = await _text(
                            session, "SELECT plain FROM report_texts WHERE plain IS NOT NULL"
                        )
                        whole = "SELECT (to_jsonb(t) - 'plain')::text FROM report_texts t"
                    found[f"{name}.{table}"] = await _text(session, whole)
            await database.close()
        return found

    def sql(self, settings: Settings, script: str) -> str:
        """What psql prints, behind the back of the service."""
        return self.cluster.sql(script, settings.database_url.get_secret_value().rpartition("/")[2]).strip()


async def _text(session: Any, statement: str) -> bytes:
    return "\n".join((await session.scalars(text(statement))).all()).encode()


async def _until_ready(http: httpx.AsyncClient, processes: Mapping[str, Settings]) -> None:
    """Each has its seeds, and the gateway has everybody's document."""
    waiting = {f"http://127.0.0.1:{each.ops_port}/health/ready" for each in processes.values()}
    wanted = {f"/v1/{short}/" for short in processes if short != "gateway"}
    async with asyncio.timeout(90):
        while waiting or wanted:
            with suppress(httpx.TransportError):
                waiting -= {each for each in waiting if (await http.get(each)).status_code == 200}
                paths = (await http.get("/openapi.json")).json().get("paths", {})
                wanted -= {each for each in wanted if any(path.startswith(each) for path in paths)}
            await asyncio.sleep(0.1)


def make_stack(folder: Path, databases: Any, settings_for: Any, broker: Broker, cluster: Cluster) -> Stack:
    """A stack that is not running yet; its files are in `folder`."""
    known = [each for each in SERVICES if each.short in RUNNING]
    first = free_port(2 * len(known) + 2)
    os.makedirs(folder / "tmp")
    common = {
        "environment": "development",
        "nats_url": broker.url(),
        "media_url": f"file://{folder}/media",
        "rate_file": folder / "rates",
        "address_rate": 1e5,
        "address_burst": 10**5,
        "user_rate": 1e5,
        "user_burst": 10**5,
    }
    services, told = {}, []
    for number, each in enumerate(known):
        port = first + 2 + 2 * number
        more = {"port": port, "ops_port": port + 1, **MORE.get(each.short, {}), **common}
        services[each.short] = settings_for(kind_of(each.package), databases.new(each.package), **more)
        told.append({"name": each.name, "url": f"http://127.0.0.1:{port}", "prefixes": list(each.prefixes)})
    gateway = settings_for(
        GatewaySettings,
        databases.new("gateway"),
        port=first,
        ops_port=first + 1,
        services=json.dumps(told),
        demo_otp="9041726358",
        **common,
    )
    return Stack(folder, gateway, services, broker, cluster)
