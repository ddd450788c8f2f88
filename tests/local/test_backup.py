"""Backup, wipe, restore: what was acknowledged before is there, and nothing looks tampered with (row 4)."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import asyncpg
import httpx
import pytest

from deploy.local.actors import Actor, photo
from deploy.local.environment import read_environment
from deploy.local.errors import StackError
from deploy.local.keeping import archive, backup
from deploy.local.keeping.replay import parse
from deploy.local.layout import Stack
from deploy.local.records import still_running
from tests.local.conftest import call, free_stack
from tests.local.unreal import damage, unreal_backup

POINT = {"lat": -6.1783, "lon": 106.6319}


@dataclass
class Record:
    """What clients were promised: answers by path, files by address, a key and its answer."""

    demo: dict[str, Any]
    people: dict[str, Actor] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    repeated: tuple[dict[str, Any], dict[str, Any]] = ({}, {})


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Stack]:
    """An empty place on another hundred of ports, where gateway and LAKSA alone will run."""
    made = replace(free_stack(tmp_path / "run"), only="laksa")
    yield made
    call(made, "reset")


@asynccontextmanager
async def city(stack: Stack) -> AsyncIterator[tuple[dict[str, Any], httpx.AsyncClient]]:
    demo = json.loads((stack.folder / "demo.json").read_text())
    async with httpx.AsyncClient(base_url=demo["gateway"], timeout=30) as http:
        yield demo, http


async def promised(stack: Stack) -> Record:
    """A morning in the city, and what its people were told."""
    async with city(stack) as (demo, http):
        record = Record(demo)
        resident, officer, verifier = (Actor(http, demo["api_keys"]["web"]) for _ in range(3))
        await resident.sign_in(demo["citizen"]["phone"], demo["citizen"]["otp"])
        await officer.sign_in_staff(demo["staff"]["laksa_officer"])
        await verifier.sign_in_staff(demo["staff"]["laksa_verifier"])
        record.people = {"resident": resident, "officer": officer, "verifier": verifier}
        sent = [await submit(resident, number) for number in range(4)]
        path = f"/v1/laksa/reports/{sent[0]['id']}"
        await officer.post(f"{path}/assign")
        await officer.post(f"{path}/start")
        proof = await officer.upload(photo(POINT["lat"], POINT["lon"], datetime.now(UTC), "demo", (320, 240)))
        await officer.post(f"{path}/finish", {"evidence": [{"receipt": proof["receipt"]}], "note": "demo"})
        await verifier.post(f"{path}/verify", {"passed": True, "note": "demo"})
        record.repeated = (body(9), await resident.post("/v1/laksa/reports", body(9) | {"id": KNOWN}))
        await seal(stack, http, 9)
        await remember(record, [s["id"] for s in sent])
    return record


KNOWN = "0192f0c1-7c3e-7a52-9d3b-6d1f0a6f5e01"


def body(number: int) -> dict[str, Any]:
    return {
        "category": "jalan-berlubang", "description": f"demo: lubang {number}", "point": POINT,
        "attributes": {"bahaya": "tidak"},
    }  # fmt: skip


async def submit(resident: Actor, number: int) -> dict[str, Any]:
    taken = await resident.upload(photo(POINT["lat"], POINT["lon"], datetime.now(UTC), "demo", (320, 240)))
    made: dict[str, Any] = await resident.post(
        "/v1/laksa/reports", body(number) | {"media": [taken["receipt"]]}
    )
    return made


async def remember(record: Record, ids: list[str]) -> None:
    """Reads everything back as its people see it."""
    resident = record.people["resident"]
    for report_id in ids:
        found = await resident.get(f"/v1/laksa/reports/{report_id}")
        record.reports[report_id] = found
        for file in found["files"]:
            record.files[file["media_id"]] = (await resident.http.get(file["full"])).content
    record.requests = await requests_of(resident)


async def requests_of(actor: Actor) -> list[dict[str, Any]]:
    """All of them, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await actor.get("/v1/me/requests?limit=100" + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        cursor = page["next"]
    return items


async def seal(stack: Stack, http: httpx.AsyncClient, links: int) -> None:
    """Kills LAKSA, which seals its chain as soon as it is back, and waits until the gateway keeps that."""
    until = time.monotonic() + 60
    pid = next(r.pid for r in still_running(stack.folder) if r.name == "laksa")
    os.kill(pid, signal.SIGKILL)
    while time.monotonic() < until:
        kept = (await http.get("/v1/ledger-seals/laksa")).json()["items"]
        if kept and kept[0]["seq"] >= links:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("no seal arrived")


async def test_what_was_promised_before_a_backup_is_there_after_a_restore_on_an_empty_place(
    stack: Stack, elsewhere: Stack, tmp_path: Path
) -> None:
    record = await promised(stack)
    making = asyncio.create_task(asyncio.to_thread(call, stack, "backup", str(tmp_path / "kept")))
    during = 0
    async with city(stack) as (demo, http):
        resident = Actor(http, demo["api_keys"]["web"])
        await resident.sign_in(demo["citizen"]["phone"], demo["citizen"]["otp"])
        while not making.done():
            await resident.post("/v1/laksa/reports", body(100 + during))
            during += 1
            await asyncio.sleep(0.1)
    done = making.result()
    assert done.returncode == 0, done.stdout + done.stderr
    assert during > 0
    assert "KEEP THE KEYS APART" in done.stdout
    (folder,) = [p for p in (tmp_path / "kept").iterdir() if p.is_dir()]
    assert {p.stat().st_mode & 0o777 for p in [*folder.iterdir(), archive.keys_file(folder)]} == {0o600}

    refused = call(stack, "restore", str(folder))
    assert refused.returncode == 1
    assert "There is data already" in refused.stderr
    elsewhere.folder.mkdir()
    (elsewhere.folder / "of an older stack").touch()
    restored = call(elsewhere, "restore", str(folder), "--force")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert not (elsewhere.folder / "of an older stack").exists()
    assert not elsewhere.folder.with_name("run.before-restore").exists()
    print(f"\n{done.stdout}\n{restored.stdout.partition('  API ')[0]}")
    assert "verdict  whole" in restored.stdout
    assert re.search(r"seals +[1-9]\d* kept by the gateway checked", restored.stdout)
    addresses = {"gateway": elsewhere.gateway_url, "metrics": ANY, "examples": ANY}
    assert json.loads((elsewhere.folder / "demo.json").read_text()) == record.demo | addresses
    await everything_is_there(elsewhere, record, during)
    await the_past_cannot_be_changed(elsewhere)
    again = call(elsewhere, "replay", "7d")
    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"laksa +[1-9]\d* events sent", again.stdout)


async def everything_is_there(stack: Stack, record: Record, during: int) -> None:
    """By the tokens of before, and by new sign-ins."""
    async with city(stack) as (demo, http):
        for actor in record.people.values():
            actor.http = http
        again = Record(demo, record.people)
        await remember(again, list(record.reports))
        assert stable(again.reports) == stable(record.reports)
        assert again.files == record.files
        assert len(again.files) == 5
        assert all(content[:3] == b"\xff\xd8\xff" for content in again.files.values())
        before = {r["id"]: r for r in record.requests}
        after = {r["id"]: r for r in again.requests}
        assert {i: after.get(i) for i in before} == before
        assert len(before) <= len(after) <= len(before) + during
        sent, answer = record.repeated
        repeated = await record.people["resident"].post("/v1/laksa/reports", sent | {"id": KNOWN})
        assert repeated["code"] == answer["code"]
        new = Actor(http, demo["api_keys"]["android"])
        await new.sign_in(demo["citizen"]["phone"], demo["citizen"]["otp"])
        fresh = await submit(new, 200)
        assert fresh["id"] in {r["id"] for r in await until_told(new, fresh["id"])}


async def until_told(actor: Actor, report_id: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(20):
        while True:
            items = await requests_of(actor)
            if report_id in {item["id"] for item in items}:
                return items
            await asyncio.sleep(0.1)


def stable(reports: dict[str, dict[str, Any]]) -> str:
    """The reports without the signatures of their addresses, which change by the hour."""
    return re.sub(r'\?v=[^"]*', "", json.dumps(reports, sort_keys=True))


async def the_past_cannot_be_changed(stack: Stack) -> None:
    """The rights of the running service are those of before, not the owner's."""
    connection = await asyncpg.connect(read_environment(stack.folder, "laksa")["DATABASE_URL"])
    for statement in ("DELETE FROM chain", "UPDATE entries SET facts = '{}'", "DROP TABLE reports"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


def test_a_damaged_backup_touches_nothing(stack: Stack, tmp_path: Path) -> None:
    damage(unreal_backup(tmp_path), tmp_path / "b", "flipped")
    before = untouched(stack)
    done = call(stack, "restore", str(tmp_path / "b"), "--force")
    assert done.returncode == 1
    assert "laksa.dump is not what it was when it was made" in done.stderr
    assert before == untouched(stack)


def untouched(stack: Stack) -> tuple[str, list[int]]:
    """The secrets, and who runs."""
    return (stack.folder / "secrets.json").read_text(), [r.pid for r in still_running(stack.folder)]


def test_a_backup_that_cannot_be_finished_leaves_nothing(stack: Stack, tmp_path: Path) -> None:
    bad = replace(stack, given={**stack.given, "PG_BIN": str(tmp_path)})
    with pytest.raises(StackError, match="pg_dump cannot be run"):
        backup.backup(bad, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []
    with pytest.raises(StackError, match="make reset deletes"):
        backup.backup(stack, stack.folder / "kept")


@pytest.mark.parametrize("text", ["", "2x", "yesterday", "2026-11-23T10:00"])
def test_since_needs_a_span_or_a_moment_with_its_offset(text: str) -> None:
    with pytest.raises(StackError, match="SINCE is 2d, 12h, 30m"):
        parse(text, datetime.now(UTC))


def test_since_is_a_span_before_now_or_a_moment() -> None:
    now = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
    assert [parse(t, now).isoformat()[:16] for t in ("2d", "90m")] == ["2026-01-31T02:00", "2026-02-02T00:30"]
    assert parse("2026-02-02T08:00+07:00", now) == datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
