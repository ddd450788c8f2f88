"""svc-tourism in process on a real database, and the people who call it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.testing import Keys, in_process, rolled_back
from svc_tourism.app import create_app
from svc_tourism.settings import TourismSettings
from tests.svc_tourism.resort import Resort


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., TourismSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """The service with a database of its own, no broker and no background work."""
    made = create_app(settings_for(TourismSettings, databases.new("svc_tourism")), clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def resort(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Resort]:
    """Editors, residents and guests; whatever happens is rolled back at the end."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Resort(app, client, keys, clock)
