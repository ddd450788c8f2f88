"""What a service owns is read in pages, by the platform itself and nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from shared.app import Service
from shared.clock import ManualClock
from shared.contracts.snapshots import SnapshotItem
from shared.runtime import Runtime
from shared.testing import in_process

IDS = [UUID(int=n) for n in range(1, 8)]
As = Callable[..., dict[str, str]]


async def notes(session: AsyncSession, run: Runtime, after: UUID | None, limit: int) -> list[SnapshotItem]:
    """Seven notes."""
    at = datetime(2026, 2, 2, tzinfo=UTC)
    rest = [i for i in IDS if after is None or i > after]
    return [SnapshotItem(id=str(i), version=3, at=at, data={"n": i.int}) for i in rest[:limit]]


@pytest.fixture
def app(make_app: Callable[..., FastAPI], clock: ManualClock) -> FastAPI:
    return make_app(clock, Service("svc-news", "svc_news", "x", owned={"notes": notes}))


@pytest.fixture
async def system(app: FastAPI, as_caller: As) -> Any:
    async with in_process(app) as client:
        client.headers.update(as_caller("system", "gateway"))
        yield client


@pytest.mark.parametrize(("limit", "sizes"), [(3, [3, 3, 1]), (7, [7, 0]), (1_000, [7])])
async def test_pages_follow_each_other_to_the_end(system: AsyncClient, limit: int, sizes: list[int]) -> None:
    seen: list[list[dict[str, Any]]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = (await system.get("/internal/snapshots/notes", params=query)).json()
        seen.append(page["items"])
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert [len(items) for items in seen] == sizes
    assert [item["data"]["n"] for items in seen for item in items] == [1, 2, 3, 4, 5, 6, 7]
    assert set(seen[0][0]) == {"id", "version", "at", "data"}


async def test_nobody_but_the_platform_itself_reads_them(system: AsyncClient, as_caller: As) -> None:
    path = "/internal/snapshots/notes"
    people = [
        as_caller(kind, roles=frozenset({"admin"})) for kind in ("citizen", "staff", "partner", "provider")
    ]
    assert [(await system.get(path, headers=each)).status_code for each in people] == [403] * 4
    assert (await system.get(path, headers={"X-Identity": ""})).status_code == 401
    assert (await system.get("/internal/snapshots/others")).status_code == 404


@pytest.mark.parametrize("query", ["after=x", "limit=0", "limit=1001"])
async def test_a_bad_place_or_size_is_refused(system: AsyncClient, query: str) -> None:
    assert (await system.get(f"/internal/snapshots/notes?{query}")).status_code == 422


def test_they_are_in_no_document(app: FastAPI) -> None:
    assert not [path for path in app.openapi()["paths"] if path.startswith("/internal")]
