"""svc-news in process on a real database, and a newsroom of people who call it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.testing import Keys, in_process, rolled_back
from svc_news.app import create_app
from svc_news.settings import NewsSettings
from tests.svc_news.newsroom import Newsroom


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., NewsSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """The service with a database of its own, no broker and no background work."""
    made = create_app(settings_for(NewsSettings, databases.new("svc_news")), clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def newsroom(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Newsroom]:
    """The newsroom; whatever happens in it is rolled back at the end."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Newsroom(app, client, keys, clock)
