"""LAKSA in process on a real database, and a town of people who call it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.testing import Keys, in_process, rolled_back
from svc_laksa.app import create_app
from svc_laksa.settings import LaksaSettings
from tests.svc_laksa.town import Town


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., LaksaSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """LAKSA with a database of its own, no broker and no background work."""
    made = create_app(settings_for(LaksaSettings, databases.new("svc_laksa")), clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def town(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Town]:
    """The town; whatever happens in it is rolled back at the end."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Town(app, client, keys, clock)


@pytest.fixture
async def lasting_town(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Town]:
    """A town whose requests really commit, for what happens at the same time."""
    async with in_process(app) as client:
        yield Town(app, client, keys, clock)
