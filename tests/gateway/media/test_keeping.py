"""What becomes of a stored photo: kept with what it belongs to, removed without."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select

from deploy.local.nats import Broker
from gateway.media import timers
from gateway.media.client import MediaStore, new_folder
from gateway.media.models import Media
from gateway.media.uploads import usecases as uploads
from gateway.media.uploads.models import MediaUpload
from gateway.media.usecases import Workshop
from shared.clock import ManualClock
from shared.contracts.city import MediaAttachedV1
from shared.errors import Unavailable
from shared.events.event import Envelope
from shared.ids import new_id
from shared.testing import free_port, served

Photo = Callable[..., bytes]
Stored = Callable[[], dict[str, bytes]]
KEY = {"X-Api-Key": "key_for_tests_of_media"}
DEVICE = {"X-Device-Id": "device-0001", "Content-Type": "image/jpeg"}


@pytest.fixture
async def app(make_app: Callable[..., FastAPI], nats_url: str, elsewhere: str, add_key: Any) -> FastAPI:
    made = make_app(nats_url=nats_url, services=elsewhere)
    await add_key(made)
    return made


async def media_id(client: AsyncClient, content: bytes) -> UUID:
    return UUID((await client.post("/v1/media", content=content, headers=DEVICE)).json()["media_id"])


async def row(app: FastAPI, wanted: UUID) -> Media | None:
    async with app.state.runtime.database.transaction() as session:
        found: Media | None = await session.get(Media, wanted)
        return found


async def attach(app: FastAPI, clock: ManualClock, *ids: UUID) -> None:
    """As svc-laksa would say it."""
    event = Envelope(
        id=str(new_id()),
        source="//tangerang/svc-laksa",
        type="laksa.media_attached.v1",
        subject="r1",
        time=clock.now(),
        partitionkey="r1",
        entityversion=1,
        data=MediaAttachedV1(media_ids=tuple(str(i) for i in ids)).model_dump(),
    )
    bus = app.state.runtime.bus
    await asyncio.wait_for(bus.connected.wait(), 10)
    await bus.jetstream.publish(event.type, event.model_dump_json(exclude_none=True).encode())


async def test_what_a_service_attaches_is_kept_and_the_rest_goes_after_fifteen_days(
    app: FastAPI, client: AsyncClient, photo: Photo, clock: ManualClock, stored: Stored
) -> None:
    run = app.state.runtime
    kept, loose = await media_id(client, photo()), await media_id(client, photo(size=(9, 9)))
    await attach(app, clock, kept, new_id())
    async with asyncio.timeout(10):
        while not (found := await row(app, kept)) or found.attached_at is None:
            await asyncio.sleep(0.02)
    clock.advance(timedelta(days=14, hours=23))
    assert await timers.remove_unattached(run) == 0
    clock.advance(timedelta(hours=2))
    assert await timers.remove_unattached(run) == 1
    assert (await row(app, kept), await row(app, loose)) != (None, None)
    assert await row(app, loose) is None
    assert len(stored()) == 3


async def test_a_photo_sent_again_is_kept_as_long_as_its_newest_receipt(
    app: FastAPI, client: AsyncClient, photo: Photo, clock: ManualClock
) -> None:
    first = await media_id(client, photo())
    clock.advance(timedelta(days=6))
    assert await media_id(client, photo()) == first
    clock.advance(timedelta(days=14))
    assert await timers.remove_unattached(app.state.runtime) == 0


async def test_files_that_no_row_knows_are_removed_after_a_day(
    app: FastAPI, client: AsyncClient, photo: Photo, stored: Stored
) -> None:
    run = app.state.runtime
    known = await row(app, await media_id(client, photo()))
    assert known is not None
    orphan = f"{known.folder[:2]}/{new_folder()[3:]}"
    await run.part(MediaStore).put(orphan, {"full.jpg": b"left by a crash"})
    now = datetime.fromtimestamp(time.time(), UTC)
    assert await timers.remove_orphans(run, known.folder[:2], now) == 0
    assert await timers.remove_orphans(run, known.folder[:2], now + timedelta(days=2)) == 1
    assert {name.rpartition("/")[0] for name in stored()} == {known.folder}


async def test_a_store_that_cannot_take_the_photo_gives_503_and_no_row(
    app: FastAPI, client: AsyncClient, photo: Photo
) -> None:
    shop, run = app.state.runtime.part(Workshop), app.state.runtime
    good, shop.store = shop.store, MediaStore("memory:///")

    async def full(folder: str, files: dict[str, bytes]) -> None:
        raise Unavailable(retry_after=10)

    shop.store.put = full
    answer = await client.post("/v1/media", content=photo(), headers=DEVICE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    shop.store = good
    assert (await client.post("/v1/media", content=photo(), headers=DEVICE)).status_code == 201
    assert run.part(Workshop).receiving.taken == 0


async def test_nothing_is_removed_until_the_broker_has_been_back_for_a_while(
    make_app: Callable[..., FastAPI], photo: Photo, clock: ManualClock, tmp_path: Path, add_key: Any
) -> None:
    broker = Broker(tmp_path / "nats", free_port(2), durable=False)
    broker.start()
    try:
        app = make_app(nats_url=broker.url())
        await add_key(app)
        run = app.state.runtime
        async with served(app) as url, AsyncClient(base_url=url, headers=KEY, timeout=60) as client:
            async with asyncio.timeout(20):
                while any(ask() for ask in run.not_ready) or not run.bus.up_seconds:
                    await asyncio.sleep(0.02)
            loose = await media_id(client, photo())
            clock.advance(timedelta(days=16))
            now = datetime.fromtimestamp(time.time(), UTC)
            await timers.clean(run, "00", now)  # it came a moment ago: an hour is wanted
            assert await row(app, loose)
            await asyncio.to_thread(broker.stop)
            async with asyncio.timeout(20):
                while run.bus.up_seconds:
                    await asyncio.sleep(0.02)
            await timers.clean(run, "00", now, settled_seconds=0)
            assert await row(app, loose)
            await asyncio.to_thread(broker.start)
            async with asyncio.timeout(20):
                while not run.bus.up_seconds:
                    await asyncio.sleep(0.02)
            await timers.clean(run, "00", now, settled_seconds=60)
            assert await row(app, loose)
            await timers.clean(run, "00", now, settled_seconds=0)
            assert await row(app, loose) is None
    finally:
        broker.stop()
        broker.wipe()


async def test_an_upload_under_way_is_no_orphan(
    app: FastAPI, client: AsyncClient, photo: Photo, stored: Stored
) -> None:
    run, guest = app.state.runtime, {"X-Device-Id": "device-0001", "Tus-Resumable": "1.0.0"}
    first = {**guest, "Upload-Length": "999", "Content-Type": "application/offset+octet-stream"}
    assert (await client.post("/v1/media", content=b"\xff\xd8", headers=first)).status_code == 201
    later = datetime.fromtimestamp(time.time(), UTC) + timedelta(days=2)
    prefix = next(iter(stored()))[:2]
    assert await timers.remove_orphans(run, prefix, later) == 0
    async with run.database.transaction() as session:
        owner = (await session.scalars(select(MediaUpload.owner))).one()
        assert await uploads.forget_owner(session, owner) == 1
    assert stored() == {}
