"""A large map: a page of 100 features costs the same among 200,000. ROWS=200000 for the whole size."""

import os
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from shared.testing import in_process
from svc_tourism.app import create_app
from svc_tourism.settings import TourismSettings
from tests.svc_tourism.atlas import Atlas
from tests.svc_tourism.crowded import as_served

ROWS = int(os.environ.get("ROWS") or 2_000)
WHOLE = ROWS >= 200_000
MOST_ROWS_WALKED = 24_000
#: What a map program asks for: whole layers, small and large boxes, properties, times, from the middle on.
PAGES = {
    "all": "places/items?limit=100",
    "a category": "places_fuel/items?limit=100",
    "small box": "places/items?limit=100&bbox=106.63,-6.18,106.632,-6.178",
    "large box": "places/items?limit=100&bbox=106.56,-6.25,106.70,-6.10",
    "whole box": "places/items?limit=100&bbox=106,-7,107,-6",
    "box and category": "places_atm/items?limit=100&bbox=106.60,-6.20,106.65,-6.15",
    "district": "places/items?limit=100&district=36.71.07",
    "village": "places/items?limit=100&village=36.71.07.1001",
    "village and category": "places_fuel/items?limit=100&village=36.71.07.1001",
    "last hour": "places/items?limit=100&datetime=2026-02-01T05:00:00Z/2026-02-01T06:00:00Z",
    "from the first day on": "places/items?limit=100&datetime=2026-02-01T00:00:00Z/..",
    "nothing there": "places/items?limit=100&bbox=0,0,1,1",
}


@pytest.fixture(scope="module")
async def app(databases: Any, settings_for: Callable[..., TourismSettings]) -> AsyncIterator[FastAPI]:
    settings = settings_for(TourismSettings, databases.new("svc_tourism"), public_url="http://test")
    made = create_app(settings)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture(scope="module")
async def atlas(app: FastAPI, databases: Any) -> AsyncIterator[Atlas]:
    """A map of ROWS places."""
    async with in_process(app) as client:
        made = Atlas(app, client)
        began = time.monotonic()
        for start in range(0, ROWS, 5_000):
            await made.place(min(5_000, ROWS - start), start=start)
        url = databases.owner_url(made.run.settings.database_url.get_secret_value())
        owner = await asyncpg.connect(url)
        await owner.execute("VACUUM ANALYZE places")
        await owner.close()
        if WHOLE:
            print(f"\n  {ROWS:,} places after {time.monotonic() - began:.0f} s", flush=True)
            as_served()
        yield made


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_walks_few_rows_whatever_it_is_narrowed_to(atlas: Atlas, name: str) -> None:
    path = f"/collections/{PAGES[name]}"
    page = await atlas.get(path)
    following = [link["href"] for link in page["links"] if link["rel"] == "next"]
    database = 0.0
    for asked in (path, *following):
        for statement, plan in await plans(atlas, asked):
            spent = float(plan.rpartition("Execution Time: ")[2].partition(" ms")[0])
            database += spent if asked == path else 0.0
            walked = max(map(int, re.findall(r"rows=(\d+)(?:\.\d+)? loops", plan)), default=0)
            removed = max(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan)), default=0)
            assert walked + removed <= MOST_ROWS_WALKED, (statement, plan)
            assert "Seq Scan on places" not in plan or not WHOLE, plan
    if WHOLE:
        first, cpu = await took(atlas, path)
        then, _ = await took(atlas, following[0]) if following else (0.0, 0.0)
        matched = page.get("numberMatched", "over 10,000")
        shares = f"database {database:4.1f} ms, this process {cpu:4.1f} ms"
        print(
            f"  p95 {first:6.1f} ms ({shares}), the next page {then:6.1f} ms  matched {matched}  {name}",
            flush=True,
        )


async def took(atlas: Atlas, path: str) -> tuple[float, float]:
    """Milliseconds, of a hundred requests in process: the 95th, and the mean of its processor time."""
    address, each = path if path.startswith("http") else f"/ogc{path}", []
    cpu = time.process_time()
    for _ in range(100):
        began = time.perf_counter()
        answer = await atlas.client.get(address)
        each.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200
    return sorted(each)[94], (time.process_time() - cpu) * 10


async def plans(atlas: Atlas, path: str) -> list[tuple[str, str]]:
    """The plan of each statement of a request as it was carried out, with the very parameters it was sent."""
    seen: list[tuple[str, Any]] = []
    engine = atlas.run.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        await atlas.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    found = []
    async with atlas.run.database.engine.connect() as connection:
        for statement, parameters in seen:
            if statement.startswith("EXPLAIN"):
                continue
            rows = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}", parameters)
            found.append((statement, "\n".join(row[0] for row in rows)))
    return found
