"""A city that has published much: every search reads a bounded part of one index. ROWS=500000 for the whole.

The documents are made up, by numbers: nobody is named. Prints median and 95th percentile of each question,
and how they compare with 10,000 documents in the same run.
"""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import event

from gateway.app import create_app
from gateway.clients import usecases as clients
from gateway.search.rules.keys import keys_of
from gateway.settings import GatewaySettings
from shared.clock import ManualClock
from shared.testing import served
from tests.gateway.search.conftest import KEY
from tests.gateway.search.filling import QUESTIONS, fill_search

ROWS = int(os.environ.get("ROWS") or 2_000)
SMALL = min(ROWS, 10_000)
TIMES = 40 if ROWS > 10_000 else 2
MOST_ROWS_READ = 12_000


class City:
    """A gateway over so many documents."""

    def __init__(self, app: FastAPI, client: AsyncClient) -> None:
        self.app, self._client = app, client

    async def ask(self, **question: Any) -> dict[str, Any]:
        answer = await self._client.get("/v1/search", params=question)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page


@pytest.fixture(scope="module")
async def cities(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock
) -> AsyncIterator[dict[int, City]]:
    """By number of documents: the small one to compare with, and the one of ROWS."""
    async with AsyncExitStack() as opened:
        made: dict[int, City] = {}
        for rows in dict.fromkeys((SMALL, ROWS)):
            app = create_app(settings_for(GatewaySettings, databases.new("gateway")), clock)
            await fill(app, rows, clock)
            url = await opened.enter_async_context(served(app))
            client = AsyncClient(base_url=url, headers={"X-Api-Key": KEY}, timeout=30)
            made[rows] = City(app, await opened.enter_async_context(client))
            async with asyncio.timeout(10):
                while any(ask() for ask in app.state.runtime.not_ready):
                    await asyncio.sleep(0.02)
        yield made


async def fill(app: FastAPI, rows: int, clock: ManualClock) -> None:
    database = app.state.runtime.database
    async with database.transaction() as session:
        await clients.register(session, code="web", name="Web", key=KEY, now=clock.now())
    async with database.engine.connect() as connection:
        apart = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await fill_search(apart, 1, rows)
        for table in ("search_documents", "search_words"):
            await apart.exec_driver_sql(f"ANALYZE {table}")


async def test_the_keys_of_the_filling_are_those_of_the_rules(cities: dict[int, City]) -> None:
    async with cities[SMALL].app.state.runtime.database.transaction() as session:
        plain = await session.connection()
        rows = (await plain.exec_driver_sql("SELECT * FROM search_documents WHERE no % 97 = 1")).all()
    assert len(rows) > 10
    for row in rows:
        assert sorted(row.keys) == sorted(keys_of(row.type, row.area, (row.lat, row.lon), row.published_at))


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_search_reads_one_index_and_a_bounded_part_of_it(cities: dict[int, City], name: str) -> None:
    plans: list[list[Any]] = []
    engine = cities[ROWS].app.state.runtime.database.engine.sync_engine

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "search_" in statement and not statement.startswith("EXPLAIN"):
            if ROWS < 100_000:  # reading all of a small table may be the best plan: is there an index at all?
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {statement}", parameters)
            plans.append(list(nodes(cursor.fetchone()[0][0]["Plan"])))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        await cities[ROWS].ask(**QUESTIONS[name])
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    words, found = plans
    assert len({node["Index Name"] for node in found if "Index Name" in node}) <= 2, found
    for node in [*words, *found]:
        assert node["Node Type"] != "Seq Scan" or node.get("Actual Loops") == 0, node
    read = [(n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in found]
    assert max(read) <= MOST_ROWS_READ, name


def nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def test_the_figures_are_printed(cities: dict[int, City]) -> None:
    print(f"\n{'question':<20} {'p50 ms':>8} {'p95 ms':>8}   of {SMALL:,}: p50, p95, ratio of p95")
    for name, question in QUESTIONS.items():
        small, large = await measured(cities[SMALL], question), await measured(cities[ROWS], question)
        ratio = large[1] / small[1]
        print(f"{name:<20} {large[0]:8.1f} {large[1]:8.1f}   {small[0]:8.1f} {small[1]:8.1f} {ratio:6.2f}")
    pages = {rows: await paged(city) for rows, city in cities.items()}
    print(f"{'paging, each':<20} {pages[ROWS]:8.1f} {'':8}   {pages[SMALL]:8.1f}")


async def measured(city: City, question: dict[str, Any]) -> tuple[float, float]:
    """(median, 95th percentile) in milliseconds, each time for another number of hits: none is a kept one."""
    await city.ask(**question)
    took = []
    for turn in range(TIMES):
        began = time.perf_counter()
        await city.ask(**question, limit=21 + turn)
        took.append((time.perf_counter() - began) * 1_000)
    took.sort()
    return took[len(took) // 2], took[math.ceil(len(took) * 0.95) - 1]


async def paged(city: City) -> float:
    """Thirty pages of a frequent word, none of them twice: mean milliseconds."""
    seen: set[str] = set()
    cursor: dict[str, str] = {}
    began = time.perf_counter()
    count = 0
    while count < 30:
        count += 1
        page = await city.ask(q="jalan ", limit=50, **cursor)
        new = {item["id"] for item in page["items"]}
        assert not new & seen
        seen |= new
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) > 50
    return (time.perf_counter() - began) * 1_000 / count
