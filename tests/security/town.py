"""The city of the journeys with prices, news and tourism: each service behind real HTTP, at one gateway."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from deploy.local.layout import SERVICES
from deploy.local.nats import Broker
from gateway import pack
from gateway.app import create_app as create_gateway
from gateway.settings import GatewaySettings
from shared.clock import Clock, ManualClock
from shared.settings import Settings
from shared.testing import Keys, free_port, served
from tests.journeys.conftest import OTP, City, common_settings, delete_streams
from tests.journeys.lines import Line

RUNNING = ("laksa", "prices", "news", "tourism")
#: Many people come from one address here, and each does many things: the limits have tests of their own.
GENEROUS = {"address_rate": 1e6, "address_burst": 10**6, "user_rate": 1e6, "user_burst": 10**6}
#: Settings that tests of many writes in a row need.
MORE: dict[str, dict[str, Any]] = {"prices": {"usual_seconds": 0}}


@dataclass
class Town(City):
    """The running city with every service that is built."""

    apps: dict[str, FastAPI] | None = None

    def app(self, short: str) -> FastAPI:
        """One service."""
        return (self.apps or {})[short]

    async def timers(self) -> None:
        """Does what is due now, in every service."""
        for app in (self.apps or {}).values():
            await app.state.runtime.timers.run_due()


@asynccontextmanager
async def running_town(
    clock: Any,
    databases: Any,
    nats_url: str,
    keys: Keys,
    folder: Path,
    lines: Mapping[str, Line] | None = None,
    **more: Any,
) -> AsyncIterator[Town]:
    """Starts all on free ports, loads the demo people, and waits until the gateway serves everything.

    The gateway reaches a service by its line, if it has one in `lines`.
    """
    shared = common_settings(nats_url, keys) | more
    async with AsyncExitStack() as stack:
        apps, services = {}, []
        for service in (each for each in SERVICES if each.short in RUNNING):
            url, port = databases.new(service.package), free_port()
            settings = {"database_url": url, "port": port, **shared, **MORE.get(service.short, {})}
            apps[service.short] = app = app_of(service.package, settings, clock)
            address = await stack.enter_async_context(served(app, port))
            if lines is not None:
                line = lines[service.short]
                stack.push_async_callback(line.close)
                address = await line.to(port)
            services.append({"name": service.name, "url": address, "prefixes": list(service.prefixes)})
        settings = GatewaySettings(
            database_url=databases.new("gateway"),
            services=json.dumps(services),
            demo_otp=OTP,
            identity_key=keys.private,
            media_url=f"file://{folder}/media-{uuid4().hex}",
            rate_file=folder / "rates",
            **shared,
        )
        sign_ins = await pack.load(settings)
        gateway = create_gateway(settings, clock)
        url = await stack.enter_async_context(served(gateway))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))
        await _until_ready(http, apps)
        yield Town(url, gateway, apps["laksa"], clock, http, sign_ins, apps=apps)


def app_of(package: str, values: dict[str, Any], clock: Clock) -> FastAPI:
    """A service from its settings."""
    made: FastAPI = import_module(f"{package}.app").create_app(kind_of(package)(**values), clock)
    return made


def kind_of(package: str) -> type[Settings]:
    """The class of a service's settings; the shared one where it has none of its own."""
    name = f"{package.removeprefix('svc_').capitalize()}Settings"
    kind: type[Settings] = getattr(import_module(f"{package}.settings"), name, Settings)
    return kind


@asynccontextmanager
async def new_town(databases: Any, broker: Broker, keys: Keys, folder: Path) -> AsyncIterator[Town]:
    """An empty town on a clock that starts Monday 2026-02-02, 09:00 there, without limits of requests."""
    await delete_streams(broker.url())
    clock = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))
    async with running_town(clock, databases, broker.url(), keys, folder, **GENEROUS) as found:
        yield found


async def _until_ready(http: httpx.AsyncClient, apps: dict[str, FastAPI]) -> None:
    """Ready, every service's paths in the document, and the seeds of the pack in their tables."""
    wanted = {f"/v1/{short}/" for short in apps}
    async with asyncio.timeout(30):
        while (await http.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.05)
        while True:
            paths = (await http.get("/openapi.json")).json().get("paths", {})
            if all(any(path.startswith(prefix) for path in paths) for prefix in wanted):
                break
            await asyncio.sleep(0.05)
        for app in apps.values():
            while any(ask() for ask in app.state.runtime.not_ready):
                await asyncio.sleep(0.05)
