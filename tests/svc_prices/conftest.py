"""svc-prices in process on a real database, and the people of its markets."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from shared.clock import ManualClock
from shared.seeds import sow_all
from shared.testing import Keys, in_process, rolled_back
from svc_prices.app import create_app
from svc_prices.pack import SEEDS
from svc_prices.settings import PricesSettings
from tests.svc_prices.bazaar import Bazaar


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """Monday 2026-02-02, 09:00 in Tangerang."""
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., PricesSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    """The service with a database of its own and the seeds of Tangerang, no broker, no background work."""
    made = create_app(settings_for(PricesSettings, databases.new("svc_prices"), usual_seconds=0), clock)
    await sow_all(made.state.runtime, SEEDS)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def bazaar(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Bazaar]:
    """The markets; whatever happens on them is rolled back at the end."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Bazaar(app, client, keys, clock)


@pytest.fixture
async def lasting_bazaar(app: FastAPI, keys: Keys, clock: ManualClock) -> AsyncIterator[Bazaar]:
    """Markets whose requests really commit, for what happens at the same time."""
    async with in_process(app) as client:
        yield Bazaar(app, client, keys, clock)
