"""Home of the real gateway in front of the real svc-laksa: what is private stays its reporter's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.testing import Keys
from tests.journeys.conftest import City, common_settings, delete_streams, running_city

LAT, LON = -6.1783, 106.6319
HOME, PLACED = "/v1/home", f"/v1/home?lat={LAT}&lon={LON}"


@pytest.fixture(scope="module")
async def city(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    await delete_streams(broker.url())
    async with running_city(
        ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC)),
        laksa_url=databases.new("svc_laksa"),
        gateway_url=databases.new("gateway"),
        shared=common_settings(broker.url(), keys),
        keys=keys,
        folder=tmp_path_factory.mktemp("city"),
    ) as found:
        yield found


async def reports(actor: Actor, path: str) -> set[str]:
    """The ids that the section shows."""
    sections = {s["name"]: s for s in (await actor.get(path))["sections"]}
    return {item["id"] for item in sections["reports"]["items"]}


def report(category: str, **attributes: str) -> dict[str, Any]:
    point = {"lat": LAT, "lon": LON}
    return {"category": category, "description": "demo", "point": point, "attributes": attributes}


async def until_shown(actor: Actor, path: str, report_id: str) -> None:
    """An event purges what is kept; nobody asks for it."""
    async with asyncio.timeout(10):
        while report_id not in await reports(actor, path):
            await asyncio.sleep(0.02)


async def test_a_new_report_comes_to_home_by_its_event_and_a_confidential_one_never(city: City) -> None:
    resident, guest = await city.resident(), city.guest()
    for actor, path in ((guest, HOME), (guest, PLACED), (resident, HOME)):
        assert await reports(actor, path) == set()
    secret = await resident.post("/v1/laksa/reports", report("perilaku-petugas", unit="demo"))
    public = await resident.post("/v1/laksa/reports", report("jalan-berlubang", bahaya="tidak"))
    for actor, path in ((guest, HOME), (guest, PLACED), (resident, HOME), (resident, PLACED)):
        await until_shown(actor, path, public["id"])
        answer = await actor.call("GET", path)
        told = {s["name"]: s for s in answer.json()["sections"]}
        mine = told.pop("my_requests", None)
        assert (mine is None) == (actor is guest)
        assert secret["id"] not in str(told)
        assert secret["code"] not in str(told)
        if mine is not None:
            assert {item["number"] for item in mine["items"]} == {secret["code"], public["code"]}
