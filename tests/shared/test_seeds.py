"""Seeds of a city pack come into the tables once, and never over what staff have changed."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.app import Service
from shared.clock import ManualClock
from shared.health import OpsApp
from shared.runtime import Runtime
from shared.seeds import Row, Seed, sow_all
from shared.tables import inbox
from shared.testing import served

IDS = [UUID(int=n) for n in range(1, 2_502)]
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def rows(run: Runtime) -> Sequence[Row]:
    return [{"consumer": "pack", "event_id": each} for each in IDS]


async def plant(session: AsyncSession, run: Runtime, missing: Sequence[Row], now: datetime) -> None:
    await session.execute(insert(inbox), [{**row, "received_at": now} for row in missing])


SEED = Seed("notes.csv", inbox, "event_id", rows, plant)


@pytest.fixture
def app(make_app: Callable[..., FastAPI], clock: ManualClock) -> FastAPI:
    return make_app(clock, Service("svc-news", "svc_news", "x", seeds=(SEED,)))


async def held(run: Runtime) -> int:
    async with run.database.connection() as connection:
        return await connection.scalar(select(func.count()).select_from(inbox)) or 0


async def test_a_process_is_ready_once_what_is_missing_was_inserted(app: FastAPI) -> None:
    run: Runtime = app.state.runtime
    async with served(app), asyncio.timeout(20):
        while (await OpsApp(run, app.state.runtime.city.folder).ready()).status_code != 200:
            await asyncio.sleep(0.05)
        assert await held(run) == len(IDS)


async def test_what_staff_changed_or_made_stays_and_is_named(app: FastAPI) -> None:
    run: Runtime = app.state.runtime
    (first,) = await sow_all(run, [SEED])
    assert (first.inserted, first.differ, first.own) == (len(IDS), [], 0)
    async with run.database.transaction() as session:
        changed = inbox.c.event_id == IDS[3]
        await session.execute(update(inbox).where(changed).values(consumer="staff"))
        await session.execute(delete(inbox).where(inbox.c.event_id == IDS[2_000]))
        own = {"consumer": "x", "event_id": UUID(int=9_999), "received_at": THEN}
        await session.execute(insert(inbox), [own])
    (again,) = await sow_all(run, [SEED])
    assert (again.inserted, again.differ, again.own) == (1, [str(IDS[3])], 1)
    assert str(again) == f"notes.csv: 1 inserted, changed since and kept: {IDS[3]}; 1 not from the pack"
    await run.database.close()


async def test_two_processes_that_start_at_once_sow_once(app: FastAPI) -> None:
    run: Runtime = app.state.runtime
    sown: list[Any] = await asyncio.gather(*(sow_all(run, [SEED]) for _ in range(4)))
    assert sorted(each[0].inserted for each in sown) == [0, 0, 0, len(IDS)]
    await run.database.close()
