"""A city that has told much: lists, feeds and calendars stay fast. ROWS=100000 for the whole size."""

import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from shared.auth import Caller
from shared.clock import ManualClock
from shared.testing import Keys, in_process
from tests.svc_news import crowd
from tests.svc_news.newsroom import Newsroom

ROWS = int(os.environ.get("ROWS") or 5_000)
WHOLE = ROWS >= 100_000
MOST_ROWS_WALKED = 2_500
ARTICLES = "/v1/news/articles"
#: What is asked for, and the index it must be read from; None where several will do.
READS: list[tuple[str, str | None]] = [
    (ARTICLES, "ix_article_listings_newest"),
    (f"{ARTICLES}?limit=100", "ix_article_listings_newest"),
    (f"{ARTICLES}?kind=announcement", "ix_article_listings_kind"),
    (f"{ARTICLES}?kind=hoax_clarification", "ix_article_listings_kind"),
    (f"{ARTICLES}?district=36.71.07", "ix_article_listings_newest"),
    (f"{ARTICLES}?tag=tag-3", "ix_article_listings_newest"),
    (f"{ARTICLES}?tag=jarang", "ix_article_listings_newest"),
    (f"{ARTICLES}?tag=nothing", "ix_article_listings_newest"),
    (f"{ARTICLES}?district=36.71.07&tag=tag-3", "ix_article_listings_newest"),
    (f"{ARTICLES}?district=36.71.07&tag=jarang&kind=agenda", "ix_article_listings_kind"),
    (f"{ARTICLES}?from=2025-12-30T00:00:00Z&to=2026-01-01T00:00:00Z", "ix_article_listings_newest"),
    (f"{ARTICLES}?district=36.71.07&to=2026-01-20T00:00:00Z", "ix_article_listings_newest"),
    ("/v1/news/articles/demo-artikel-1001", None),
    ("/v1/news/agenda", "ix_articles_agenda"),
    ("/v1/news/agenda?from=2026-01-10T00:00:00Z", "ix_articles_agenda"),
    ("/v1/news/agenda?from=2026-01-10T00:00:00Z&to=2026-01-11T00:00:00Z", "ix_articles_agenda"),
    ("/v1/news/agenda?district=36.71.07", "ix_articles_agenda"),
    ("/v1/news/queue", "ix_articles_changed"),
    ("/v1/news/queue?state=draft", "ix_articles_desk"),
    ("/v1/news/queue?mine=true", "ix_articles_desk_own"),
    ("/feeds/news.atom", None),
    ("/feeds/news/36.71.07.rss", None),
    ("/feeds/news/kinds/hoax_clarification.json", None),
]
CALENDARS = ("/v1/news/agenda.ics", "/v1/news/agenda/36.71.07.ics")


@pytest.fixture(scope="module")
async def crowded(app: FastAPI, keys: Keys, clock: ManualClock, databases: Any) -> AsyncIterator[Newsroom]:
    """A newsroom of ROWS articles, whose requests really commit."""
    async with in_process(app) as client:
        newsroom = Newsroom(app, client, keys, clock)
        newsroom.editor = newsroom.staff("editor", "s-7")
        await newsroom.published(kind="hoax_clarification")
        body = "Demo: satu paragraf tentang kota. " * 40
        made = await newsroom.published(kind="agenda", body="\n\n".join([body] * 3))
        url = databases.owner_url(newsroom.run.settings.database_url.get_secret_value())
        await crowd.fill(url, made["id"], ROWS)
        yield newsroom


@pytest.mark.parametrize(("path", "index"), READS, ids=[path for path, _ in READS])
async def test_a_list_reads_an_index_and_no_more_rows_than_a_page_needs(
    crowded: Newsroom, path: str, index: str | None
) -> None:
    plans = await plans_of(crowded, path)
    assert index is None or index in indexes(plans), plans
    walked = max(rows_walked(plans))
    assert walked <= MOST_ROWS_WALKED, (walked, plans)
    if WHOLE:
        spent = sum(plan["Milliseconds"] for plan in plans)
        await measured(crowded, path, f"database {spent:5.1f} ms  {walked:>6,.0f} rows walked")


@pytest.mark.parametrize("path", CALENDARS)
async def test_a_calendar_of_the_city_is_bounded(crowded: Newsroom, path: str) -> None:
    answer = await crowded.get(path)
    assert 0 < answer.content.count(b"BEGIN:VEVENT") <= 500
    plans = await plans_of(crowded, path)
    assert "ix_articles_agenda" in indexes(plans), plans
    if WHOLE:
        await measured(crowded, path, f"{answer.content.count(b'BEGIN:VEVENT')} events")


async def test_the_second_page_goes_on_where_the_first_ended(crowded: Newsroom) -> None:
    for path in (
        f"{ARTICLES}?district=36.71.07",
        f"{ARTICLES}?kind=agenda",
        "/v1/news/agenda?to=2027-01-01T00:00:00Z",
    ):
        both = (await crowded.get(f"{path}&limit=20")).json()["items"]
        first = (await crowded.get(f"{path}&limit=10")).json()
        second = (await crowded.get(f"{path}&limit=10&cursor={first['next']}")).json()
        assert len(both) == 20
        assert [i["id"] for i in both] == [i["id"] for i in first["items"] + second["items"]]
        plans = await plans_of(crowded, f"{path}&limit=10&cursor={first['next']}")
        assert max(rows_walked(plans)) <= MOST_ROWS_WALKED, plans


def caller_of(newsroom: Newsroom, path: str) -> Caller:
    """Who may read it."""
    return newsroom.editor if "/queue" in path else newsroom.guest


async def measured(newsroom: Newsroom, path: str, more: str) -> None:
    """Prints the p95 of 60 requests in process, and what of the median the processor was at work here."""
    taken, worked = [], []
    for _ in range(60):
        began, busy = time.perf_counter(), time.process_time()
        assert (await newsroom.get(path, caller_of(newsroom, path))).status_code == 200
        taken.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
    p50, p95 = (sorted(taken)[int(len(taken) * part)] * 1_000 for part in (0.5, 0.95))
    cpu = sorted(worked)[30] * 1_000
    print(f"  p50 {p50:6.1f}  p95 {p95:6.1f} ms  processor {cpu:5.1f} ms  {more}  {path}", flush=True)


async def plans_of(newsroom: Newsroom, path: str) -> list[dict[str, Any]]:
    """The plans of a request's queries as they were carried out, with the very parameters they were sent."""
    seen: list[tuple[str, Any]] = []
    engine = newsroom.run.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "FROM article" in statement:
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        answer = await newsroom.get(path, caller_of(newsroom, path))
        assert answer.status_code == 200, answer.text
    finally:
        event.remove(engine, "before_cursor_execute", note)
    plans = []
    async with newsroom.run.database.transaction() as session:
        connection = await session.connection()
        for statement, parameters in seen:
            explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            rows = (await connection.exec_driver_sql(explained, parameters)).scalar_one()
            plans.append(rows[0]["Plan"] | {"Milliseconds": rows[0]["Execution Time"]})
    return plans


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's steps."""
    return [plan, *(inner for child in plan.get("Plans", []) for inner in nodes(child))]


def indexes(plans: list[dict[str, Any]]) -> set[str]:
    """What they read."""
    return {node["Index Name"] for plan in plans for node in nodes(plan) if "Index Name" in node}


def rows_walked(plans: list[dict[str, Any]]) -> list[float]:
    """How many rows each step touched, those it threw away included."""
    thrown = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    return [
        (node["Actual Rows"] + sum(node.get(name, 0) for name in thrown)) * node["Actual Loops"]
        for plan in plans
        for node in nodes(plan)
    ]
