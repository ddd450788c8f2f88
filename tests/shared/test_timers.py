"""Due work is done once, however often the process starts."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import timers
from shared.app import Service
from shared.clock import ManualClock
from shared.runtime import Runtime
from shared.tables import due

Made = Callable[..., FastAPI]


class Done:
    """Remembers what it did; fails while `broken`."""

    def __init__(self) -> None:
        self.what: list[tuple[str, datetime]] = []
        self.broken = False

    async def __call__(self, session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        if self.broken:
            raise RuntimeError("not today")
        self.what.append((entity_id, now))

    def service(self) -> Service:
        return Service(name="svc-news", package="svc_news", title="x", timers={"remind": self})


async def remind(app: FastAPI, entity_id: str, days: int) -> None:
    runtime = app.state.runtime
    async with runtime.database.transaction() as session:
        await timers.schedule(session, "remind", entity_id, runtime.clock.now() + timedelta(days=days))


async def test_ninety_days_pass_in_a_moment(make_app: Made, clock: ManualClock) -> None:
    done = Done()
    app = make_app(clock, done.service())
    for days in (1, 30, 90):
        await remind(app, f"after {days}", days)
    start = clock.now()
    for _ in range(90):
        clock.advance(timedelta(days=1))
        await app.state.runtime.timers.run_due()
    assert [(what, (when - start).days) for what, when in done.what] == [
        ("after 1", 1),
        ("after 30", 30),
        ("after 90", 90),
    ]
    await app.state.runtime.database.close()


async def test_a_restart_between_due_and_done_gives_one_effect(
    make_app: Made, clock: ManualClock, databases: object
) -> None:
    url = databases.new("svc_news")  # type: ignore[attr-defined]
    first, second = Done(), Done()
    before = make_app(clock, first.service(), database_url=url)
    await remind(before, "once", 1)
    clock.advance(timedelta(days=2))
    await before.state.runtime.database.close()
    after = make_app(clock, second.service(), database_url=url)
    again = make_app(clock, second.service(), database_url=url)
    assert await after.state.runtime.timers.run_due() + await again.state.runtime.timers.run_due() == 1
    assert (first.what, [what for what, _ in second.what]) == ([], ["once"])
    for app in (after, again):
        await app.state.runtime.database.close()


async def test_a_timer_that_fails_is_tried_again_and_parked_in_the_end(
    make_app: Made, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Done()
    done.broken = True
    app = make_app(clock, done.service())
    await remind(app, "stubborn", 0)
    for _ in range(12):
        await app.state.runtime.timers.run_due()
        clock.advance(timedelta(hours=2))
    async with app.state.runtime.database.connection() as connection:
        row = (await connection.execute(select(due))).one()
    assert (row.attempts, row.parked_at is not None) == (10, True)
    assert capsys.readouterr().out.count("timer_failed") == 10
    done.broken = False
    assert await app.state.runtime.timers.unpark() == 1
    assert await app.state.runtime.timers.run_due() == 1
    await app.state.runtime.database.close()


async def test_a_cancelled_or_moved_timer_is_not_done_at_its_old_time(
    make_app: Made, clock: ManualClock
) -> None:
    done = Done()
    app = make_app(clock, done.service())
    await remind(app, "moved", 1)
    await remind(app, "moved", 5)
    await remind(app, "cancelled", 1)
    async with app.state.runtime.database.transaction() as session:
        await timers.cancel(session, "remind", "cancelled")
    clock.advance(timedelta(days=2))
    assert await app.state.runtime.timers.run_due() == 0
    clock.advance(timedelta(days=4))
    assert await app.state.runtime.timers.run_due() == 1
    await app.state.runtime.database.close()


async def test_a_timer_set_anew_while_it_fails_keeps_its_new_time(make_app: Made, clock: ManualClock) -> None:
    moving: list[asyncio.Task[None]] = []

    async def move() -> None:
        """Stands in line for the row that the failing transaction holds."""
        await remind(app, "moved", 5)

    async def fail(session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        moving.append(asyncio.create_task(move()))
        await asyncio.sleep(0.2)
        raise RuntimeError("not today")

    app = make_app(clock, Service(name="svc-news", package="svc_news", title="x", timers={"remind": fail}))
    await remind(app, "moved", 1)
    clock.advance(timedelta(days=2))
    await app.state.runtime.timers.run_due()
    await moving[0]
    async with app.state.runtime.database.connection() as connection:
        row = (await connection.execute(select(due))).one()
    assert (row.due_at, row.attempts) == (clock.now() + timedelta(days=5), 0)
    await app.state.runtime.database.close()


async def test_a_handler_that_runs_out_of_time_holds_up_no_other(make_app: Made, clock: ManualClock) -> None:
    """TimeoutError also means "PostgreSQL is away"; it is not while PostgreSQL answers."""
    done: list[str] = []

    async def slow(session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        raise TimeoutError

    async def quick(session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        done.append(entity_id)

    handlers = {"slow": slow, "quick": quick}
    app = make_app(clock, Service(name="svc-news", package="svc_news", title="x", timers=handlers))
    async with app.state.runtime.database.transaction() as session:
        await timers.schedule(session, "slow", "first", clock.now())
        await timers.schedule(session, "quick", "second", clock.now() + timedelta(seconds=1))
    clock.advance(timedelta(minutes=1))
    await app.state.runtime.timers.run_due()
    assert done == ["second"]
    async with app.state.runtime.database.connection() as connection:
        row = (await connection.execute(select(due))).one()
    assert (row.kind, row.attempts) == ("slow", 1)
    await app.state.runtime.database.close()


async def test_a_request_that_moves_a_timer_does_not_wait_for_its_handler(
    make_app: Made, clock: ManualClock
) -> None:
    """Or the two would wait for each other: the handler wants the entity that the request holds."""
    order: list[str] = []
    begun = asyncio.Event()

    async def handle(session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        begun.set()
        await asyncio.sleep(0.5)
        order.append("handled")

    app = make_app(clock, Service(name="svc-news", package="svc_news", title="x", timers={"remind": handle}))
    await remind(app, "entity", 1)
    clock.advance(timedelta(days=2))
    working = asyncio.create_task(app.state.runtime.timers.run_due())
    await begun.wait()
    await remind(app, "entity", 5)
    order.append("moved")
    await working
    assert order == ["moved", "handled"]
    async with app.state.runtime.database.connection() as connection:
        row = (await connection.execute(select(due))).one()
    assert row.due_at == clock.now() + timedelta(days=5)
    await app.state.runtime.database.close()


async def test_two_processes_never_do_the_same_timer(
    make_app: Made, clock: ManualClock, databases: object
) -> None:
    url = databases.new("svc_news")  # type: ignore[attr-defined]
    done: list[str] = []

    async def handle(session: AsyncSession, run: Runtime, entity_id: str, now: datetime) -> None:
        await asyncio.sleep(0.01)
        done.append(entity_id)

    service = Service(name="svc-news", package="svc_news", title="x", timers={"remind": handle})
    apps = [make_app(clock, service, database_url=url) for _ in range(3)]
    for number in range(30):
        await remind(apps[0], str(number), 1)
    clock.advance(timedelta(days=2))
    await asyncio.gather(*(app.state.runtime.timers.run_due() for app in apps))
    assert sorted(done, key=int) == [str(n) for n in range(30)]
    for app in apps:
        await app.state.runtime.database.close()
