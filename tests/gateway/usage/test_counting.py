"""What a front end did is counted exactly, in a bounded number of lines, and never lost by a failure."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.edge.fresh import Memory
from gateway.usage import rules
from gateway.usage.rules import Counts, Seen, Usage
from gateway.usage.usecases import forget_old
from shared.clock import ManualClock
from shared.errors import Unavailable

KEY, DAY = "key_of_a_front_end_that_is_counted", date(2026, 2, 2)


async def test_two_hundred_at_once_are_two_hundred(worker: Any) -> None:
    statuses = await asyncio.gather(*(worker.ask() for _ in range(200)))
    assert set(statuses) == {422}
    assert await worker.sums() == 0, "counted in memory: no request waits for a table"
    await worker.ledger.flush()
    assert (await worker.sums(), await worker.sums("refused")) == (200, 200)
    await worker.ledger.flush()
    assert await worker.sums() == 200


async def test_two_workers_add_up(worker: Any, open_worker: Callable[..., Any]) -> None:
    async with open_worker() as other:
        await asyncio.gather(*(each.ask() for each in (worker, other) * 30))
        await asyncio.gather(worker.ledger.flush(), other.ledger.flush())
        assert await worker.sums() == 60
        await asyncio.gather(*(other.ask() for _ in range(5)))
    assert await worker.sums() == 65, "a worker that ends writes what it has"


async def test_limited_and_refused_are_counted_apart_with_the_bytes_that_left(worker: Any) -> None:
    async with worker.run.database.transaction() as session:
        await session.execute(text("UPDATE clients SET burst = 2, rate_per_second = 0.001"))
    await worker.run.part(Memory).reload()
    answers = [await worker.client.get("/v1/erasures/x", headers={"X-Api-Key": KEY}) for _ in range(5)]
    assert sorted(a.status_code for a in answers) == [422, 422, 429, 429, 429]
    await worker.ledger.flush()
    sent = sum(len(a.content) for a in answers)
    assert await worker.rows("requests, refused, limited, failed, bytes") == [(5, 2, 3, 0, sent)]


async def test_what_could_not_be_written_is_written_with_the_next(
    worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await worker.ask()
    with monkeypatch.context() as away:
        away.setattr(worker.run.database, "bind", create_async_engine("postgresql+asyncpg://x@127.0.0.1:1/x"))
        for _ in range(2):
            with pytest.raises(Unavailable):
                await worker.ledger.flush()
            await worker.ask()
    await worker.ledger.flush()
    assert await worker.sums() == 3


async def test_a_day_is_the_citys(worker: Any, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=14, minutes=59, seconds=59))
    assert worker.ledger.seconds_of_day_left() == 1
    await worker.ask()
    clock.advance(timedelta(seconds=1))
    await worker.ledger.flush()
    await worker.ask()
    await worker.ledger.flush()
    assert await worker.rows("day, requests") == [(DAY, 1), (DAY + timedelta(days=1), 1)]


async def test_platform_and_version_are_kept_where_they_look_like_some(worker: Any) -> None:
    said = [
        ("android", "1.10.2"),
        ("android", "1.10.2"),
        ("iOS", "2.0-beta.1"),
        ("", "1"),
        ("web", "<script>"),
    ]
    for platform, version in said:
        await worker.ask(**{"X-App-Platform": platform, "X-App-Version": version})
    await worker.ask()
    await worker.ledger.flush()
    assert await worker.rows() == [
        ("android", "1.10.2", 2),
        ("ios", "2.0-beta.1", 1),
        ("other", "", 1),
        ("other", "1", 1),
        ("web", "other", 1),
    ]


async def test_made_up_versions_fill_no_table(worker: Any, open_worker: Callable[..., Any]) -> None:
    async with open_worker() as other:
        for number in range(80):
            await worker.ask(**{"X-App-Version": f"1.{number}"})
            await other.ask(**{"X-App-Version": f"2.{number}"})
        await worker.ledger.flush()
        await other.ledger.flush()
        await worker.ask(**{"X-App-Version": "1.0"})
        await worker.ledger.flush()
    rows = {version: requests for _, version, requests in await worker.rows()}
    assert len(rows) == rules.MOST_VERSIONS + 1
    assert (rows["1.0"], rows["other"], sum(rows.values())) == (2, 110, 161)


def test_nobody_fills_memory_with_headers() -> None:
    usage = Usage(DAY)
    for number in range(30_000):
        usage.answered("web", {b"x-app-version": b"%d" % number}, 200, 1)
    assert len(usage._by_headers) <= 20_000
    counted = usage.drain(DAY)
    assert len(counted) == rules.MOST_VERSIONS + 1
    assert sum(c.requests for c in counted.values()) == 30_000
    assert usage.drain(DAY) == {}


def test_nobody_fills_memory_with_long_headers() -> None:
    usage = Usage(DAY)
    for number in range(100):
        long = b"%d" % number * 10_000
        usage.answered("web", {b"x-app-version": long, b"x-app-platform": long}, 200, 1)
    assert len(usage._by_headers) == 0
    ((seen, counts),) = usage.drain(DAY).items()
    assert (seen.platform, seen.version, counts.requests) == ("other", "other", 100)


@pytest.mark.parametrize(
    ("status", "column"),
    [(200, None), (304, None), (400, "refused"), (429, "limited"), (499, "failed"), (503, "failed")],
)
def test_a_status_counts_in_one_column(status: int, column: str | None) -> None:
    usage = Usage(DAY)
    usage.answered("web", {}, status, 7)
    (counts,) = usage.drain(DAY).values()
    told = counts.told()
    assert (told.pop("requests"), told.pop("bytes")) == (1, 7)
    assert [name for name, count in told.items() if count] == ([column] if column else [])


async def test_days_go_after_four_hundred(worker: Any, clock: ManualClock) -> None:
    await worker.ask()
    await worker.ledger.flush()
    async with worker.run.database.transaction() as session:
        assert await forget_old(session, clock.now() + timedelta(days=399)) == 0
        assert await forget_old(session, clock.now() + timedelta(days=402)) == 1


def test_known_versions_come_first() -> None:
    counts = Counts()
    counts.requests = 1
    seen = {Seen("web", DAY, "web", f"1.{n:02}"): counts for n in range(3)}
    known = {("web", DAY): {f"0.{n}" for n in range(rules.MOST_VERSIONS - 1)}}
    assert sorted(s.version for s in rules.bounded(seen, known)) == ["1.00", "other"]
