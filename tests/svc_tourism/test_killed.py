"""`kill -9` among writes with the broker away: nothing is lost or doubled, and events arrive later, once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
from httpx import AsyncClient, HTTPError, Response
from sqlalchemy import func, select

from deploy.local.nats import Broker
from shared.auth import Caller
from shared.clock import SystemClock
from shared.db import Database
from shared.tables import outbox
from shared.testing import Keys, free_port, served
from svc_tourism.app import create_app
from svc_tourism.places.models import Place, PlaceRevision
from svc_tourism.reviews.models import Review
from svc_tourism.settings import TourismSettings
from tests.svc_tourism.resort import place

SECRETS = ("database_url", "nats_url", "field_keys", "lookup_key", "media_signing_key")
EDITOR = Caller(kind="staff", sub="s-1", roles=frozenset({"tourism_editor"}), agency="disbudpar")
PLACES, REVIEWS = 10, 10
SEEDED = "rsud-kota-tangerang"


def environment(settings: TourismSettings) -> dict[str, str]:
    plain = settings.model_dump(mode="json", exclude={*SECRETS, "route_modes"})
    told = {name.upper(): str(value) for name, value in plain.items()}
    return os.environ | told | {n.upper(): getattr(settings, n).get_secret_value() for n in SECRETS}


@asynccontextmanager
async def running(settings: TourismSettings) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own, ready; whatever happens it is gone in the end."""
    command, null = (sys.executable, "-m", "svc_tourism", "serve"), asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(settings), stdout=null, stderr=null
    )
    try:
        async with asyncio.timeout(60), AsyncClient(timeout=10) as client:
            while not await is_ready(settings, client):
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def is_ready(settings: TourismSettings, client: AsyncClient) -> bool:
    try:
        answer = await client.get(f"http://127.0.0.1:{settings.ops_port}/health/ready")
    except HTTPError:
        return False
    return answer.status_code == 200


async def test_a_killed_process_loses_and_doubles_nothing_and_its_events_arrive_when_nats_is_back(
    databases: Any, settings_for: Callable[..., TourismSettings], keys: Keys, tmp_path: Path
) -> None:
    port, url = free_port(2), databases.new("svc_tourism")
    broker = Broker(tmp_path / "nats", free_port(2), durable=False)
    broker.prepare()
    settings = settings_for(TourismSettings, url, port=port, ops_port=port + 1, nats_url=broker.url())

    async def send(number: int) -> Response | None:
        """A new place, or a review of one of the pack's: each by its own key."""
        caller = EDITOR if number < PLACES else Caller(kind="citizen", sub=f"citizen-{number}")
        path = "places" if number < PLACES else f"places/{SEEDED}/reviews"
        body = place(source="killed") if number < PLACES else {"rating": 4, "text": "Demo: bersih."}
        headers = keys.identity(caller, "svc-tourism", SystemClock().now())
        headers["Idempotency-Key"] = f"write-{number:04d}"
        try:
            return await client.post(f"http://127.0.0.1:{port}/v1/tourism/{path}", json=body, headers=headers)
        except HTTPError:
            return None

    everything = range(PLACES + REVIEWS)
    async with AsyncClient(timeout=10) as client:
        async with running(settings) as process:
            sending = [asyncio.create_task(send(n)) for n in everything]
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
            process.send_signal(signal.SIGKILL)
            first = await asyncio.gather(*sending)
        async with served(create_app(settings), port):
            again = [await send(n) for n in everything]
            assert [answer and answer.status_code for answer in again] == [201] * len(again)
            answered = [(one, two) for one, two in zip(first, again, strict=True) if one is not None]
            assert answered
            assert all(one.json() == two.json() for one, two in answered if one.status_code == 201 and two)
            assert await held(url) == (PLACES, PLACES, REVIEWS)
            broker.start()
            try:
                assert await heard(broker, await written(url)) == await written(url)
            finally:
                broker.stop()


async def held(url: str) -> tuple[int, int, int]:
    """Places that were sent, their revisions, reviews."""
    mine = select(Place.id).where(Place.source == "killed")
    asked = (
        select(func.count()).select_from(mine.subquery()),
        select(func.count()).where(PlaceRevision.place_id.in_(mine)),
        select(func.count()).select_from(Review),
    )
    database = Database(url, "tourism")
    async with database.transaction() as session:
        found = [await session.scalar(each) or 0 for each in asked]
    await database.close()
    return found[0], found[1], found[2]


async def written(url: str) -> dict[str, int]:
    """How many events of each type are in the outbox: of the pack's places and of those that were sent."""
    database = Database(url, "tourism")
    async with database.transaction() as session:
        counted = await session.execute(select(outbox.c.type, func.count()).group_by(outbox.c.type))
        found = {str(kind): int(count) for kind, count in counted}
    await database.close()
    assert found["tourism.place_published.v1"] == found["tourism.document_published.v1"] > PLACES
    return found


async def heard(broker: Broker, wanted: dict[str, int]) -> dict[str, int]:
    """What the stream holds once as much has come; more would show as well."""
    parts = urlsplit(broker.url())
    client = await nats.connect(
        f"nats://{parts.hostname}:{parts.port}", user=parts.username, password=parts.password
    )
    found: Counter[str] = Counter()
    try:
        async with asyncio.timeout(30):
            while sum(found.values()) < sum(wanted.values()):
                await asyncio.sleep(0.1)
                try:
                    state = (await client.jetstream().stream_info("TOURISM", subjects_filter=">")).state
                except nats.js.errors.NotFoundError:
                    continue
                found = Counter(state.subjects or {})
    finally:
        await client.close()
    return dict(found)
