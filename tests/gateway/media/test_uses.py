"""Several services may use one photo: it stays until the last of them has let it go."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from gateway.media import timers
from gateway.media.models import Media
from gateway.media.subscribers import SUBSCRIPTIONS
from shared import migrate
from shared.clock import ManualClock
from shared.contracts.city import MediaAttachedV1, MediaReleasedV1
from shared.db import Database
from shared.events.event import Envelope
from shared.ids import new_id
from shared.testing import QueryRecorder

Photo = Callable[..., bytes]
DEVICE = {"X-Device-Id": "device-0001", "Content-Type": "image/jpeg"}
OLD = timedelta(days=16)


@pytest.fixture
async def photo_id(client: AsyncClient, photo: Photo) -> UUID:
    answer = await client.post("/v1/media", content=photo(), headers=DEVICE)
    return UUID(answer.json()["media_id"])


class Says:
    """What services say of photos, taken in as it comes."""

    def __init__(self, app: FastAPI, clock: ManualClock) -> None:
        self.run, self.clock = app.state.runtime, clock
        self.handlers = {name: each.handle for each in SUBSCRIPTIONS for name in each.names}

    def event(self, publisher: str, said: MediaAttachedV1 | MediaReleasedV1) -> Envelope:
        """As the service would send it."""
        return Envelope(
            id=str(new_id()),
            source=f"//tangerang/svc-{publisher}",
            type=f"{publisher}.{said.name}",
            subject="r1",
            time=self.clock.now(),
            partitionkey="r1",
            entityversion=1,
            data=said.model_dump(mode="json"),
        )

    def uses(self, publisher: str, *ids: UUID) -> Envelope:
        return self.event(publisher, MediaAttachedV1(media_ids=tuple(map(str, ids))))

    def releases(self, publisher: str, *ids: UUID) -> Envelope:
        return self.event(publisher, MediaReleasedV1(media_ids=tuple(map(str, ids))))

    async def hear(self, *events: Envelope) -> None:
        """Each in a transaction of its own."""
        for event in events:
            async with self.run.database.transaction() as session:
                await self.handlers[event.name](session, self.run, event, self.clock.now())

    async def attached(self, media_id: UUID) -> bool:
        """Whether anybody uses it."""
        async with self.run.database.transaction() as session:
            found = await session.scalar(select(Media.attached_at).where(Media.id == media_id))
        return found is not None


@pytest.fixture
def says(app: FastAPI, client: AsyncClient, clock: ManualClock) -> Says:
    return Says(app, clock)


async def test_a_photo_of_two_services_stays_until_both_let_it_go(
    says: Says, photo_id: UUID, clock: ManualClock
) -> None:
    await says.hear(says.uses("laksa", photo_id), says.uses("jobs", photo_id))
    clock.advance(OLD)
    await says.hear(says.releases("laksa", photo_id))
    assert await timers.remove_unattached(says.run) == 0
    await says.hear(says.releases("jobs", photo_id))
    assert await timers.remove_unattached(says.run) == 1


async def test_nobody_releases_what_another_service_uses(
    says: Says, photo_id: UUID, clock: ManualClock
) -> None:
    await says.hear(says.uses("laksa", photo_id), says.releases("news", photo_id))
    clock.advance(OLD)
    assert await timers.remove_unattached(says.run) == 0
    assert await says.attached(photo_id)


async def test_a_released_photo_stays_while_its_receipt_may_still_be_used(
    says: Says, photo_id: UUID, clock: ManualClock
) -> None:
    await says.hear(says.uses("laksa", photo_id), says.releases("laksa", photo_id))
    assert await timers.remove_unattached(says.run) == 0
    await says.hear(says.uses("jobs", photo_id))
    clock.advance(OLD)
    assert await timers.remove_unattached(says.run) == 0
    assert await says.attached(photo_id)


async def test_news_that_comes_in_the_wrong_order_ends_the_same(
    says: Says, photo_id: UUID, clock: ManualClock
) -> None:
    used, released = says.uses("laksa", photo_id), says.releases("laksa", photo_id)
    await says.hear(released, used, released, used)
    assert not await says.attached(photo_id)
    again = says.uses("laksa", photo_id)
    await says.hear(again, released)
    assert await says.attached(photo_id)


async def test_a_use_told_while_another_is_released_is_not_lost(says: Says, photo_id: UUID) -> None:
    await says.hear(says.uses("laksa", photo_id))
    used, released = says.uses("jobs", photo_id), says.releases("laksa", photo_id)
    async with says.run.database.transaction() as session:
        await says.handlers[used.name](session, says.run, used, says.clock.now())
        releasing = asyncio.create_task(says.hear(released))
        await asyncio.sleep(0.3)  # it waits for the row, and must then see what was told meanwhile
        assert not releasing.done()
    await releasing
    assert await says.attached(photo_id)


async def test_a_photo_that_is_gone_is_counted_and_named_by_its_event(says: Says, photo_id: UUID) -> None:
    event = says.uses("jobs", photo_id, new_id(), new_id())
    with capture_logs() as lines:
        await says.hear(event)
    (line,) = [line for line in lines if line["event"] == "attached_media_gone"]
    assert (line["publisher"], line["event_id"], line["count"]) == ("jobs", event.id, 2)
    assert 'city_media_missing_total{publisher="jobs"} 2.0' in says.run.metrics.exposition().decode()


async def test_attaching_costs_one_statement(says: Says, photo_id: UUID) -> None:
    with QueryRecorder().on(says.run.database) as queries:
        await says.hear(says.uses("laksa", photo_id))
    assert len([each for each in queries.statements if "media" in each]) == 1, queries.statements


async def test_photos_attached_before_uses_were_kept_are_svc_laksas(
    says: Says, photo_id: UUID, databases: Any, clock: ManualClock
) -> None:
    owner = databases.owner_url(says.run.settings.database_url.get_secret_value())
    database = Database(owner, "owner")
    async with database.connection() as connection:
        await _back(connection)
        await connection.execute(text("UPDATE media SET attached_at = now()"))
        await connection.commit()
    await database.close()
    assert await asyncio.to_thread(migrate.upgrade, "gateway", owner, "gateway")
    clock.advance(OLD)
    await says.hear(says.uses("jobs", photo_id), says.releases("jobs", photo_id))
    assert await says.attached(photo_id)
    await says.hear(says.releases("laksa", photo_id))
    assert await timers.remove_unattached(says.run) == 1


async def _back(connection: AsyncConnection) -> None:
    """To the revision before."""
    await connection.run_sync(
        lambda c: command.downgrade(migrate._config("gateway", c), "gateway@gateway_0006_privacy")
    )
