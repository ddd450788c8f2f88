"""A seeded city without rate limits, and the people who call it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.nats import Broker
from shared.testing import Keys
from tests.journeys.conftest import City
from tests.security.fuzz.people import TOLD
from tests.security.town import new_town


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
    """A town of its own, that whatever is sent may spoil."""
    async with new_town(databases, broker, keys, tmp_path_factory.mktemp("city")) as found:
        yield found
