"""`kill -9` of the whole process among batches: nothing answered is lost, nothing is done twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from httpx import AsyncClient, HTTPError, Response
from sqlalchemy import func, select

from shared.auth import Caller
from shared.clock import SystemClock
from shared.db import Database
from shared.tables import outbox
from shared.testing import Keys, free_port
from svc_prices.observations.models import DailyPrice, Observation, ObservationRevision
from svc_prices.settings import PricesSettings

CODES = ["beras-premium", "beras-medium", "minyakita", "telur-ayam", "gula-konsumsi"]
MARKETS = ["anyar", "bandeng", "malabar", "poris"]
SECRETS = ("database_url", "nats_url", "field_keys", "lookup_key", "media_signing_key")
SURVEYOR = Caller(kind="staff", sub="s-1", roles=frozenset({"market_surveyor"}))


def environment(settings: PricesSettings) -> dict[str, str]:
    plain = settings.model_dump(mode="json", exclude=set(SECRETS))
    told = {name.upper(): str(value) for name, value in plain.items()}
    return os.environ | told | {n.upper(): getattr(settings, n).get_secret_value() for n in SECRETS}


@asynccontextmanager
async def running(settings: PricesSettings, client: AsyncClient) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own, ready; whatever happens it is gone in the end."""
    command = (sys.executable, "-m", "svc_prices", "serve")
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(settings), stdout=null, stderr=null
    )
    try:
        async with asyncio.timeout(60):
            while not await is_ready(settings, client):
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def is_ready(settings: PricesSettings, client: AsyncClient) -> bool:
    try:
        answer = await client.get(f"http://127.0.0.1:{settings.ops_port}/health/ready")
    except HTTPError:
        return False
    return answer.status_code == 200


async def test_a_process_killed_among_batches_loses_and_doubles_nothing(
    databases: Any, settings_for: Callable[..., PricesSettings], keys: Keys
) -> None:
    port = free_port(2)
    url = databases.new("svc_prices")
    settings = settings_for(PricesSettings, url, port=port, ops_port=port + 1)
    clock = SystemClock()
    today = clock.now().date() - timedelta(days=1)
    batches = [
        {"market": market, "day": str(today - timedelta(days=back)), "rows": rows(back)}
        for back in range(3)
        for market in MARKETS
    ]
    async with AsyncClient(timeout=10) as client:

        async def send(position: int) -> Response | None:
            headers = keys.identity(SURVEYOR, "svc-prices", clock.now())
            headers["Idempotency-Key"] = f"batch-{position:04d}"
            address = f"http://127.0.0.1:{port}/v1/prices/observations"
            try:
                return await client.post(address, json=batches[position], headers=headers)
            except HTTPError:
                return None

        async with running(settings, client) as process:
            sending = [asyncio.create_task(send(n)) for n in range(len(batches))]
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
            process.send_signal(signal.SIGKILL)
            first = await asyncio.gather(*sending)
        async with running(settings, client):
            again = [await send(n) for n in range(len(batches))]
    assert all(answer is not None and answer.status_code == 200 for answer in again), again
    answered = [(one, two) for one, two in zip(first, again, strict=True) if one is not None]
    assert answered
    assert all(one.json() == two.json() for one, two in answered if one.status_code == 200 and two)
    assert await counts(url) == (len(batches) * len(CODES), len(CODES) * 3, 0, len(batches) * len(CODES), 1)


def rows(back: int) -> list[dict[str, Any]]:
    """Prices near enough to each other that none needs a reason."""
    return [{"commodity": code, "price": 15_000 + 10 * back} for code in CODES]


async def counts(url: str) -> tuple[int, int, int, int, int]:
    """Observations, days of the city, revisions, events of published prices, the highest version."""
    database = Database(url, "prices")
    told = select(func.count()).where(outbox.c.type == "prices.price_published.v1")
    asked = [select(func.count()).select_from(t) for t in (Observation, DailyPrice, ObservationRevision)]
    async with database.transaction() as session:
        found = [await session.scalar(each) or 0 for each in [*asked, told]]
        version = await session.scalar(select(func.max(Observation.version))) or 0
    await database.close()
    return found[0], found[1], found[2], found[3], version
