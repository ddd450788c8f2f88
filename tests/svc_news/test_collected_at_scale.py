"""Ninety days of many publishers: lists and likeness read an index. ROWS=500000 for the whole size."""

import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text

from shared.clock import ManualClock
from shared.testing import Keys, in_process
from svc_news.app import create_app
from svc_news.collected import queries
from svc_news.collected.rules import nearby_marks, story_words
from svc_news.settings import NewsSettings
from tests.svc_news.wire import Wire

ROWS = int(os.environ.get("ROWS") or 5_000)
WHOLE = ROWS >= 100_000
MOST_ROWS_WALKED = 3_000
LISTS = [
    ("", "ix_collected_items_heads"),
    ("?limit=100", "ix_collected_items_heads"),
    ("?source=s-7", "ix_collected_items_source"),
    ("?tag=t-3", "ix_collected_items_source"),
    ("?tag=t-3&limit=100", "ix_collected_items_source"),
    ("?district=36.71.05", "ix_collected_items_source"),
]
SOURCES = """
INSERT INTO sources (id, code, version, name, url, kind, attribution, district, tags, interval_minutes,
    active, source, failures, next_attempt_at, items_taken, told)
SELECT uuidv7(), 's-' || n, 1, 'S', 'https://s.example/' || n, 'press', 'S',
    '36.71.' || lpad((1 + n % 13)::text, 2, '0'), ARRAY['t-' || n % 20], 60, true, 'staff', 0, $1, 0, 0
FROM generate_series(1, 200) n
"""
#: Every fourth tells a story that somebody told before; thirty words, so that likeness has much to look at.
ITEMS = """
WITH numbered AS (SELECT id, row_number() OVER (ORDER BY code) AS number FROM sources),
words AS (SELECT string_to_array('banjir pasar jalan warga wali kota sekolah harga beras cabai jembatan '
    || 'kebakaran taman sungai cisadane pemkot tangerang lalu lintas bandara buruh upah vaksin gempa hujan '
    || 'pilkada stadion persikota festival kuliner', ' ') AS w),
made AS (SELECT n, uuidv7() AS id, $2::timestamptz - n * interval '80 days' / $1 AS at, concat_ws(' ',
    w[1 + n % 30], w[1 + n * 7 / 3 % 30], w[1 + n * 13 / 7 % 30], w[1 + n / 11 % 30], w[1 + n / 29 % 30],
    w[1 + n / 101 % 30], '#' || n % 1000) AS title FROM words, generate_series(1, $1::int) n)
INSERT INTO collected_items (id, source_id, key, version, cluster_id, title, excerpt, link, words, marks,
    digest, document, dated, published_at, changed_at, last_seen_at)
SELECT made.id, numbered.id, n::text, 1, CASE WHEN n % 4 = 0 THEN uuidv7() ELSE made.id END, title, 'x',
    'https://s.example/', title, (SELECT array_agg((extract(epoch FROM at)::int / 86400) || ':' || word)
        FROM unnest(string_to_array(title, ' ')) AS word), 'x', false, true, at, $2, $2
FROM made JOIN numbered ON number = 1 + n % 200
"""


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., NewsSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    url = databases.new("svc_news")
    connection = await asyncpg.connect(databases.owner_url(url))
    await connection.execute(SOURCES, clock.now())
    await connection.execute(ITEMS, ROWS, clock.now())
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    made = create_app(settings_for(NewsSettings, url), clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def wire(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Wire]:
    async with in_process(app) as client:
        yield Wire(app, client, keys, clock)


@pytest.mark.parametrize(("query", "index"), LISTS)
async def test_a_list_reads_an_index_and_no_more_rows_than_a_page_needs(
    wire: Wire, query: str, index: str
) -> None:
    plans: list[tuple[str, Any]] = []
    engine = wire.run.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, given: Any, *___: Any) -> None:
        plans.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert len((await wire.call("GET", f"/collected{query}")).json()["items"]) in (20, 100)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    found = [await explain(wire, *each) for each in plans]
    few = not WHOLE and ("tag" in query or "district" in query)  # so few that all ways cost the same
    assert few or any(index in names for names, *_ in found), found
    assert max(walked for _, walked, _ in found) <= (ROWS if few else MOST_ROWS_WALKED), found
    if WHOLE:
        took = []
        for _ in range(40):
            began = time.monotonic()
            await wire.call("GET", f"/collected{query}")
            took.append(time.monotonic() - began)
        inside = sum(spent for _, _, spent in found)
        print(
            f"  p95 {sorted(took)[37] * 1_000:6.1f} ms, {inside:5.1f} ms in the database  /collected{query}"
        )


async def test_stories_alike_are_found_by_index(wire: Wire) -> None:
    """A feed of 200 new items among ROWS: how long the others wait for their turn."""
    words = [story_words(f"pasar jalan warga beras {n} cabai jembatan") for n in range(200)]
    marks = [nearby_marks(each, wire.clock.now()) for each in words]
    async with wire.run.database.transaction() as session:
        source_id = await session.scalar(text("SELECT id FROM sources WHERE code = 's-1'"))
        began = time.monotonic()
        found = await queries.likely_heads(session, source_id, marks)
        took = time.monotonic() - began
    print(
        f"\n  200 new items beside {ROWS:,}: {took * 1_000:.0f} ms, {len(found)} likely stories", flush=True
    )
    assert len(found) <= 200 * 100


async def explain(wire: Wire, statement: str, given: Any) -> tuple[set[str], float, float]:
    """The indexes a statement reads, the most rows any of its steps walked, and its milliseconds."""
    async with wire.run.database.connection() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        (row,) = await raw.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *given)
    names: set[str] = set()
    most = 0.0
    waiting = [row[0][0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        names.add(node.get("Index Name", ""))
        rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        most = max(most, rows)
    return names - {""}, most, row[0][0]["Execution Time"]
