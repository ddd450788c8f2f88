"""A seeded city without rate limits, and the people who call it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.testing import Keys
from tests.journeys.conftest import City, delete_streams
from tests.security.fuzz.people import TOLD
from tests.security.town import running_town


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
    clock, folder = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)), tmp_path_factory.mktemp("city")
    async with running_town(clock, databases, broker.url(), keys, folder, **generous) as found:
        yield found
