"""A map full of places: lists and searches stay fast. ROWS=200000 for the whole size, with a table of p95."""

import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from shared.clock import ManualClock
from shared.testing import Keys, in_process
from tests.svc_tourism import crowded
from tests.svc_tourism.resort import Resort

ROWS = int(os.environ.get("ROWS") or 5_000)
WHOLE = ROWS >= 200_000
CALLS = 200
#: What is asked for, (part of) the name of the index it must be read from (None where several will do: the
#: planner may sort a few), and how many rows at most.
LISTS: list[tuple[str, str | None, int]] = [
    ("/places", "ix_places_name", 100),
    ("/places?category=place_of_worship", "ix_places_category", 100),
    ("/places?category=museum", None, 300),
    ("/places?district=36.71.07", "ix_places_district", 100),
    ("/places?category=museum&district=36.71.07", "ix_places_category_district", 100),
    ("/places?q=masjid%20demo%201", None, 200),
    ("/places?q=warung&limit=100", None, 400),
    ("/places?open_now=true", "ix_places_name", 1_000),
    ("/places?bbox=106.60,-6.20,106.66,-6.14", "_at", 400),
    ("/places?bbox=106.5,-6.4,106.8,-6.0&limit=5", "_at", 400),
    ("/places?bbox=106.60,-6.20,106.66,-6.14&category=museum", "ix_places_category_at", 2_500),
    ("/places?bbox=106.1,-6.01,106.2,-6.0", "_at", 100),
    ("/places?lat=-6.178&lon=106.63", "ix_places_at", 100),
    ("/places?lat=-6.178&lon=106.63&category=museum", "_at", 2_500),
    ("/places?lat=-6.25&lon=106.56&district=36.71.04", "ix_places_district", 500),
    ("/nearby?lat=-6.178&lon=106.63&mix=place_of_worship:3,fuel:2,atm:2", "ix_places_category_at", 100),
    ("/nearby?lat=-6.178&lon=106.63&mix=museum:3,station:1,hospital:2,toilets", "ix_places_category_at", 100),
    ("/nearby?lat=-6.178&lon=106.63&mix=place_of_worship:20,culinary:20&open_on_arrival=true",
     "ix_places_category_at", 400),
]  # fmt: skip


@pytest.fixture(scope="module")
async def full(app: FastAPI, keys: Keys, clock: ManualClock, databases: Any) -> AsyncIterator[Resort]:
    """A city of ROWS places, whose requests really commit."""
    began = time.monotonic()
    run = app.state.runtime
    await crowded.fill(run, databases.owner_url(run.settings.database_url.get_secret_value()), ROWS)
    if WHOLE:
        print(f"\n  {ROWS:,} places after {time.monotonic() - began:.0f} s", flush=True)
        crowded.as_served()
    async with in_process(app) as client:
        yield Resort(app, client, keys, clock)


@pytest.mark.parametrize(("path", "index", "most"), LISTS, ids=[path for path, *_ in LISTS])
async def test_a_list_reads_an_index_and_no_more_rows_than_a_page_needs(
    full: Resort, path: str, index: str | None, most: int
) -> None:
    plan = await plan_of(full, path)
    assert index is None or any(index in name for name in indexes(plan)), plan
    walked = max(rows_walked(plan))
    few = not WHOLE and "bbox" in path  # of a small table the planner reads the whole box and sorts it
    assert walked <= (ROWS if few else most), (walked, plan)
    if WHOLE:
        spent = f"{await p95(full, path)}, {plan['Milliseconds']:5.2f} ms in the database"
        print(f"  {spent}, {walked:>5,.0f} rows walked  {path}", flush=True)


async def test_one_place_and_the_second_page_of_a_box_cost_no_more(full: Resort) -> None:
    box = "/places?bbox=106.60,-6.20,106.66,-6.14"
    both = (await full.get(full.guest, f"{box}&limit=40")).json()["items"]
    first = (await full.get(full.guest, f"{box}&limit=20")).json()
    second = (await full.get(full.guest, f"{box}&limit=20&cursor={first['next']}")).json()
    assert [each["id"] for each in both] == [each["id"] for each in first["items"] + second["items"]]
    assert await full.statements(full.guest, f"/places/{both[0]['slug']}") == 1
    if WHOLE:
        print(f"  {await p95(full, '/places/demo-77')}  /places/{{slug}}", flush=True)


async def p95(full: Resort, path: str) -> str:
    """The 95th of 200 calls through the whole service, by the clock and by the processor's time."""
    headers = full.keys.identity(full.guest, "svc-tourism", full.clock.now())
    took, cost = [], []
    for _ in range(CALLS):
        began, worked = time.perf_counter(), time.process_time()
        answer = await full.client.get(f"/v1/tourism{path}", headers=headers)
        cost.append(time.process_time() - worked)
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200
    place = int(CALLS * 0.95)
    return f"p95 {sorted(took)[place] * 1000:5.1f} ms ({sorted(cost)[place] * 1000:5.1f} ms of work)"


async def plan_of(full: Resort, path: str) -> dict[str, Any]:
    """The plan of the first query of a request as it was carried out, with its very parameters."""
    seen: list[tuple[str, Any]] = []
    engine = full.run.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "FROM places" in statement:
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert (await full.get(full.guest, path)).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    statement, parameters = seen[0]
    async with full.run.database.transaction() as session:
        connection = await session.connection()
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        rows = (await connection.exec_driver_sql(explained, parameters)).scalar_one()
    plan: dict[str, Any] = rows[0]["Plan"] | {"Milliseconds": rows[0]["Execution Time"]}
    return plan


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's steps."""
    return [plan, *(inner for child in plan.get("Plans", []) for inner in nodes(child))]


def indexes(plan: dict[str, Any]) -> set[str]:
    """What it reads."""
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def rows_walked(plan: dict[str, Any]) -> list[float]:
    """How many rows each step touched, those it threw away included."""
    thrown = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    return [
        (node["Actual Rows"] + sum(node.get(name, 0) for name in thrown)) * node["Actual Loops"]
        for node in nodes(plan)
    ]
