"""Prices, news and tourism behind the gateway, each on real HTTP; prices as a process that can be killed."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from deploy.local.actors import Actor
from deploy.local.layout import SERVICES
from gateway import pack
from gateway.app import create_app as create_gateway
from gateway.settings import GatewaySettings
from shared.clock import Clock
from shared.db import Database
from shared.events.relay import waiting
from shared.testing import Keys, free_port, served
from svc_news.app import create_app as create_news
from svc_news.settings import NewsSettings
from svc_prices.app import create_app as create_prices
from svc_prices.settings import PricesSettings
from svc_tourism.app import create_app as create_tourism
from svc_tourism.settings import TourismSettings
from tests.gateway.accounts.conftest import environment
from tests.journeys.conftest import OTP, common_settings

FIRST_PATHS = ("/v1/prices/latest", "/v1/news/articles", "/v1/tourism/places")


class Shop:
    """svc-prices as a process of its own that can be killed, on a port it keeps."""

    def __init__(self, settings: PricesSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._process: asyncio.subprocess.Process | None = None
        self._successor = AsyncExitStack()

    async def open(self) -> None:
        """Starts it and waits until it is ready."""
        command, quiet = (sys.executable, "-m", "svc_prices", "serve"), asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *command, env=environment(self._settings), stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while not await self._ready(http):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """kill -9, whatever it is doing."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def open_again(self) -> None:
        """The next one on the same port and database; as it need not be killed, no process of its own."""
        app = create_prices(self._settings, self._clock)
        await self._successor.enter_async_context(served(app, self._settings.port))

    async def close(self) -> None:
        """Whichever runs."""
        await self.kill()
        await self._successor.aclose()

    async def _ready(self, http: httpx.AsyncClient) -> bool:
        try:
            answer = await http.get(f"http://127.0.0.1:{self._settings.ops_port}/health/ready")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


@dataclass
class HighStreet:
    """What runs, and the people who come here."""

    http: httpx.AsyncClient
    clock: Clock
    sign_ins: dict[str, Any]
    prices: FastAPI | Shop
    databases: dict[str, str]
    staff: dict[str, Actor] = field(default_factory=dict)

    def guest(self) -> Actor:
        """Somebody with a front end and no account."""
        return Actor(self.http, self.sign_ins["api_keys"]["web"])

    async def resident(self) -> Actor:
        """The first demo resident, signed in."""
        actor = self.guest()
        await actor.sign_in(self.sign_ins["citizens"][0]["phone"], OTP)
        return actor

    async def officer(self, key: str) -> Actor:
        """A member of staff by the key of demo-users.yaml; signed in once."""
        if key not in self.staff:
            actor = self.guest()
            await actor.sign_in_staff(self.sign_ins["staff"][key], self.clock.now())
            self.staff[key] = actor
        return self.staff[key]

    async def unsent(self) -> dict[str, int]:
        """How many events of each service the broker does not have yet."""
        return {short: await _unsent(url, short) for short, url in self.databases.items()}


async def _unsent(url: str, short: str) -> int:
    database = Database(url, short)
    try:
        async with database.connection() as connection:
            return await waiting(connection)
    finally:
        await database.close()


@asynccontextmanager
async def opened(
    clock: Clock, databases: Any, nats_url: str, keys: Keys, folder: Path, *, shop: bool = False
) -> AsyncIterator[HighStreet]:
    """Starts all on free ports, loads the demo people, and waits until the gateway serves all three.

    `shop`: prices run as a process of their own, on the system's clock.
    """
    shared = common_settings(nats_url, keys)
    ports = {short: free_port() for short in ("news", "tourism")} | {"prices": free_port(2)}
    urls = {short: databases.new(f"svc_{short}") for short in ports}
    told = {short: {"database_url": urls[short], "port": port, **shared} for short, port in ports.items()}
    settings = PricesSettings(**told["prices"], ops_port=ports["prices"] + 1, usual_seconds=0)
    prices = Shop(settings, clock) if shop else create_prices(settings, clock)
    news = create_news(NewsSettings(**told["news"]), clock)
    tourism = create_tourism(TourismSettings(**told["tourism"]), clock)
    async with AsyncExitStack() as stack:
        if isinstance(prices, Shop):
            stack.push_async_callback(prices.close)
            await prices.open()
        else:
            await stack.enter_async_context(served(prices, ports["prices"]))
        await stack.enter_async_context(served(news, ports["news"]))
        await stack.enter_async_context(served(tourism, ports["tourism"]))
        gateway, sign_ins = await _gateway(clock, ports, databases.new("gateway"), keys, folder, shared)
        url = await stack.enter_async_context(served(gateway))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))
        await _until_served(http)
        yield HighStreet(http, clock, sign_ins, prices, urls)


async def _gateway(
    clock: Clock, ports: dict[str, int], url: str, keys: Keys, folder: Path, shared: dict[str, Any]
) -> tuple[FastAPI, dict[str, Any]]:
    services = [
        {"name": each.name, "url": f"http://127.0.0.1:{ports[each.short]}", "prefixes": list(each.prefixes)}
        for each in SERVICES
        if each.short in ports
    ]
    settings = GatewaySettings(
        database_url=url,
        services=json.dumps(services),
        demo_otp=OTP,
        documents_seconds=0.2,
        identity_key=keys.private,
        media_url=f"file://{folder}/media",
        rate_file=folder / "rates",
        **shared,
    )
    sign_ins = await pack.load(settings)
    return create_gateway(settings, clock), sign_ins


async def _until_served(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await http.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.05)
        while not set(FIRST_PATHS) <= set((await http.get("/openapi.json")).json().get("paths", {})):
            await asyncio.sleep(0.05)
