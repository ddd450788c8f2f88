"""The running city of the journeys, and the one with every service, for tests of all operations."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from deploy.local.nats import Broker
from shared.testing import Keys, free_port
from tests.journeys.conftest import city
from tests.security.callers import Caller, all_callers
from tests.security.fuzz import people
from tests.security.fuzz.document import operations
from tests.security.fuzz.people import ROLES, Person
from tests.security.fuzz.seeds import Seeds
from tests.security.town import Town, new_town

__all__ = ["city"]


@pytest.fixture(scope="session")
def towns_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The town's alone: other modules delete all streams of theirs."""
    server = Broker(tmp_path_factory.mktemp("town-nats"), free_port(2), durable=False)
    server.prepare()
    server.start()
    yield server
    server.stop()
    server.wipe()


@pytest.fixture(scope="session")
async def town(
    lasting_databases: Any, towns_broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """LAKSA, prices, news and tourism behind a gateway, one for all modules of the process."""
    folder = tmp_path_factory.mktemp("town")
    async with new_town(lasting_databases, towns_broker, keys, folder) as found:
        yield found


@pytest.fixture(scope="session")
async def everybody(town: Town) -> dict[str, Person]:
    """One person of every kind."""
    return {role: await people.arrive(town, role) for role in ROLES}


@pytest.fixture(scope="session")
async def callers(town: Town, everybody: dict[str, Person]) -> dict[str, Caller]:
    """Everybody who could try an operation."""
    return await all_callers(town, everybody)


@pytest.fixture(scope="session")
async def merged(town: Town) -> dict[str, Any]:
    """The merged document."""
    found: dict[str, Any] = (await town.http.get("/openapi.json")).json()
    return found


@pytest.fixture(scope="session")
async def described(merged: dict[str, Any]) -> dict[str, Any]:
    """The operations of the merged document."""
    return dict(operations(merged))


@pytest.fixture(scope="session")
async def seeds(town: Town, everybody: dict[str, Person]) -> Seeds:
    """Something of every kind in every state."""
    found = Seeds(town, everybody)
    await found.sow()
    return found
