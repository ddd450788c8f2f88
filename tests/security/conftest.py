"""The running city of the journeys, and the one with every service, for tests of all operations."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.testing import Keys
from tests.journeys.conftest import city, delete_streams
from tests.security.town import Town, running_town

__all__ = ["city"]
#: Many people come from one address here, and each does many things.
GENEROUS = {"address_rate": 1e6, "address_burst": 10**6, "user_rate": 1e6, "user_burst": 10**6}


@pytest.fixture(scope="module")
async def town(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """LAKSA, prices, news and tourism behind a gateway, on a clock that starts Monday 2026-02-02, 09:00."""
    await delete_streams(broker.url())
    clock, folder = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)), tmp_path_factory.mktemp("town")
    async with running_town(clock, databases, broker.url(), keys, folder, **GENEROUS) as found:
        yield found
