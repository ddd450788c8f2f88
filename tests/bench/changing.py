"""A small service for the bench of purges: one kept public list, and what it says changes by an event."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated

from fastapi import FastAPI, Request, Response

from deploy.local.postgres import Cluster
from shared import migrate
from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller
from shared.contracts.city import TagsPurgedV1
from shared.events.outbox import emit
from shared.replies import reply_bytes
from shared.routes import CityRouter, x_city
from shared.settings import Settings
from shared.testing import served
from tests.bench.gateways import cluster

TAG, LIST = "tourism_bench", "/v1/tourism/bench"
router = CityRouter(tags=["bench"])


class Changing:
    """The service while it runs, and which version of its list is true."""

    def __init__(self, app: FastAPI) -> None:
        self.run, self.version = app.state.runtime, 0
        app.state.changing = self

    async def change(self) -> float:
        """Another version, and when it began to be committed; its event leaves by outbox and relay."""
        version, purged = self.version + 1, TagsPurgedV1(tags=(TAG,))
        async with self.run.database.transaction() as session:
            now = self.run.clock.now()
            await emit(session, purged, entity_id=TAG, entity_version=version, now=now)
            began, self.version = perf_counter(), version  # or a read between the two would find the old one
        return began


@router.get(LIST, openapi_extra=x_city(tags=[TAG]))
async def listed(request: Request, caller: Annotated[Caller, Allow(Anyone)]) -> Response:
    """Which version is true, in some 3 KB."""
    version = request.app.state.changing.version
    return reply_bytes(request, said(version).ljust(3_000), "text/plain", version=version, public=True)


def said(version: int) -> bytes:
    """How an answer begins that is of this version."""
    return b"demo %d;" % version


SERVICE = Service(name="svc-tourism", package="svc_tourism", title="demo", routers=[router])


def address(port: int) -> dict[str, object]:
    """As SERVICES names it."""
    return {"name": SERVICE.name, "url": f"http://127.0.0.1:{port}", "prefixes": ["/v1/tourism"]}


@asynccontextmanager
async def changing(folder: Path, port: int, values: Mapping[str, str]) -> AsyncIterator[Changing]:
    """The service in this process, with a database of its own; `values` are its gateway's settings."""
    folder.mkdir(mode=0o711)
    async with cluster(folder / "pg", durable=True) as postgres:
        url = await asyncio.to_thread(_database, postgres)
        given = {name.lower(): value for name, value in values.items()} | {"database_url": url}
        app = build_app(SERVICE, Settings(**given))
        made = Changing(app)
        async with served(app, port):
            await asyncio.wait_for(made.run.bus.connected.wait(), 30)
            yield made


def _database(postgres: Cluster) -> str:
    """Made and migrated; its address for the service."""
    owner, package = f"{SERVICE.short}_owner", SERVICE.package
    for role in (owner, SERVICE.short):
        postgres.ensure_role(role, "demo")
    postgres.ensure_database(package, owner, SERVICE.short)
    migrate.upgrade(package, postgres.url(package, owner, "demo"), SERVICE.short)
    return postgres.url(package, SERVICE.short, "demo")
