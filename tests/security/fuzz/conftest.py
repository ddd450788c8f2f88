"""A seeded city without rate limits, and the people who call it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.testing import Keys
from tests.journeys.conftest import City, common_settings, delete_streams, running_city
from tests.security.fuzz.people import TOLD


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints who reached what."""
    table = config.stash.get(TOLD, None)
    if table:
        terminalreporter.section("schemathesis: best status of each role")
        for line in table:
            terminalreporter.write_line(line)


@pytest.fixture(scope="module")
async def city(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """A city whose rate limits do not end the test: they have tests of their own."""
    await delete_streams(broker.url())
    generous = {"address_rate": 1e6, "address_burst": 10**6, "user_rate": 1e6, "user_burst": 10**6}
    async with running_city(
        ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)),
        laksa_url=databases.new("svc_laksa"),
        gateway_url=databases.new("gateway"),
        shared=common_settings(broker.url(), keys) | generous,
        keys=keys,
        folder=tmp_path_factory.mktemp("city"),
    ) as found:
        yield found
