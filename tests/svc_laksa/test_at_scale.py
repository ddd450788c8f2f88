"""A large city: lists that stay fast, and migrations beside the traffic. ROWS=1000000 for the whole size."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from shared import migrate
from shared.auth import Caller
from shared.clock import ManualClock
from shared.testing import Keys, in_process
from svc_laksa.pack import ReportCategories
from tests.svc_laksa import crowd
from tests.svc_laksa.town import Town
from tests.svc_laksa.under_load import p95, traffic, watching_locks

ROWS = int(os.environ.get("ROWS") or 20_000)
WHOLE = ROWS >= 1_000_000
HERE = Path(__file__).parent
MOST_ROWS_WALKED = 2_500
#: Who asks for what, and the index it must be read from; None where several will do.
LISTS: list[tuple[str, str, str | None]] = [
    ("guest", "/reports", "ix_reports_public"),
    ("guest", "/reports?category=jalan-berlubang", "ix_reports_public_category"),
    ("guest", "/reports?category=jalan", "ix_reports_public_category"),
    ("guest", "/reports?category=jalan&state=finished", None),
    ("guest", "/reports?state=reopened", "ix_reports_public_state"),
    ("guest", "/reports?state=done", None),
    ("guest", "/reports?area=36.71.11", None),
    ("guest", "/reports?area=36.71.11.1001", None),
    ("guest", "/reports?bbox=106.6,-6.2,106.605,-6.195", "ix_reports_place_time"),
    ("guest", "/reports?bbox=106.5,-6.4,106.8,-6.0&limit=5", "ix_reports_place_time"),
    ("guest", "/reports?bbox=106.1,-6.01,106.2,-6.0", "ix_reports_place_time"),
    ("guest", "/reports?bbox=106.6,-6.2,106.65,-6.15&category=jalan", None),
    ("guest", "/reports/nearby?lat=-6.17&lon=106.63&radius_m=500", "ix_reports_place_open"),
    ("guest", "/reports/nearby?lat=-6.17&lon=106.63&radius_m=2000&limit=50", "ix_reports_place_open"),
    ("citizen", "/reports/mine", "ix_reports_citizen"),
    ("officer", "/queue", "ix_reports_agency_queue"),
    ("officer", "/queue?overdue=true", "ix_reports_agency_queue"),
    ("verifier", "/queue?of=verifier", "ix_reports_waiting"),
]  # fmt: skip


@pytest.fixture(scope="module")
async def crowded(app: FastAPI, keys: Keys, clock: ManualClock, databases: Any) -> AsyncIterator[Town]:
    """A town of ROWS reports, whose requests really commit."""
    async with in_process(app) as client:
        town = Town(app, client, keys, clock)
        made = await town.submit()
        await town.finished(made)
        began = time.monotonic()

        def told(count: int) -> None:
            if WHOLE:
                print(f"  {count:>9,} reports after {time.monotonic() - began:.0f} s", flush=True)

        codes = list(town.run.part(ReportCategories).by_code)
        await crowd.fill(owner_of(town, databases), made["id"], codes, ROWS, told)
        yield town


@pytest.mark.parametrize(("who", "path", "index"), LISTS, ids=[path for _, path, _ in LISTS])
async def test_a_list_reads_an_index_and_no_more_rows_than_a_page_needs(
    crowded: Town, who: str, path: str, index: str | None
) -> None:
    caller = getattr(crowded, who)
    plan = await plan_of(crowded, caller, path)
    assert index is None or index in indexes(plan), plan
    walked = max(rows_walked(plan))
    assert walked <= MOST_ROWS_WALKED, (walked, plan)
    if WHOLE:
        took = await p95(lambda: crowded.get(caller, path), 60)
        spent = f"p95 {took * 1000:6.1f} ms, {plan['Milliseconds']:6.1f} ms of it in the database"
        print(f"  {spent}, {walked:>6,.0f} rows walked  {path}", flush=True)


async def test_the_second_page_of_a_box_or_a_group_goes_on_where_the_first_ended(crowded: Town) -> None:
    for path in ("/reports?bbox=106.6,-6.2,106.65,-6.15", "/reports?category=jalan"):
        both = (await crowded.get(crowded.guest, f"{path}&limit=20")).json()["items"]
        first = (await crowded.get(crowded.guest, f"{path}&limit=10")).json()
        second = (await crowded.get(crowded.guest, f"{path}&limit=10&cursor={first['next']}")).json()
        assert [i["id"] for i in both] == [i["id"] for i in first["items"] + second["items"]]
        assert [i["received_at"] for i in both] == sorted((i["received_at"] for i in both), reverse=True)
        plan = await plan_of(crowded, crowded.guest, f"{path}&limit=10&cursor={first['next']}")
        assert max(rows_walked(plan)) <= MOST_ROWS_WALKED, plan


async def test_every_kind_of_migration_runs_beside_the_traffic(
    crowded: Town, databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code that runs knows nothing of the new columns; nobody is refused, nobody waits a second."""
    package = tomorrow(tmp_path, monkeypatch)
    owner = owner_of(crowded, databases)
    async with traffic(crowded) as seen, watching_locks(owner) as locks:
        await asyncio.sleep(10 if WHOLE else 1)
        quiet = seen.slowest
        print(f"\n  {'without a migration':<16} slowest request {quiet:.3f} s")
        for recipe in sorted((HERE / "revisions").glob("*.py")):
            seen.begin()
            locks.longest, began = 0.0, time.monotonic()
            add_revision(package, recipe)
            assert await asyncio.to_thread(migrate.upgrade, package.name, owner, "svc_laksa")
            print(
                f"  {recipe.stem:<16} {time.monotonic() - began:7.1f} s  longest wait for a lock"
                f" {locks.longest:.3f} s  slowest request {seen.slowest:.3f} s  {dict(seen.answers)}",
                flush=True,
            )
            assert seen.answers, "nobody was answered meanwhile"
            assert not seen.failed
            assert locks.longest < max(1.0, 3 * quiet)


def owner_of(town: Town, databases: Any) -> str:
    url: str = databases.owner_url(town.run.settings.database_url.get_secret_value())
    return url


def tomorrow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with LAKSA's revisions so far, to which more can be added."""
    package = folder / "laksa_tomorrow"
    source = HERE.parents[1] / "svc-laksa" / "svc_laksa" / "migrations" / "versions"
    shutil.copytree(source, package / "migrations" / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    return package


def add_revision(package: Path, recipe: Path) -> None:
    """Puts the recipe on top of what is there."""
    versions = package / "migrations" / "versions"
    parents = {line for file in versions.glob("laksa*.py") for line in file.read_text().splitlines()}
    known = {line.split('"')[1] for line in parents if line.startswith("revision = ")}
    used = {line.split('"')[1] for line in parents if line.startswith("down_revision = ") and '"' in line}
    (head,) = known - used
    (versions / recipe.name).write_text(recipe.read_text().replace("laksa_head", head))


async def plan_of(town: Town, caller: Caller, path: str) -> dict[str, Any]:
    """The plan of the list query of a request as it was carried out, with the very parameters it was sent."""
    seen: list[tuple[str, Any]] = []
    engine = town.run.database.engine.sync_engine

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "FROM reports" in statement:
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert (await town.get(caller, path)).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    ((statement, parameters),) = seen
    async with town.run.database.transaction() as session:
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
