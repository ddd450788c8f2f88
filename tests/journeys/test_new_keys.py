"""Every key that closes something is replaced in a city at work, and the old ones are thrown away."""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select

from deploy.local.actors import Actor
from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.crypto import LookUp
from shared.rekey import rekey
from shared.testing import Keys
from tests.journeys.conftest import City, common_settings, delete_streams, running_city

ONE, TWO = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
OLD, BOTH, NEW = (json.dumps(ring) for ring in ({"k1": ONE}, {"k2": TWO, "k1": ONE}, {"k2": TWO}))
REPEATED = "demo-key-of-one-report"
BY_OLD = b"\x01\x02k1"
"""How a ciphertext of the key k1 begins."""


@pytest.fixture
def city_with(
    databases: Any, broker: Broker, keys: Keys, clock: ManualClock, tmp_path: Path
) -> Callable[[str], Any]:
    """`async with city_with(ring) as city`: the same city each time, with that ring."""
    urls = {"laksa_url": databases.new("svc_laksa"), "gateway_url": databases.new("gateway")}
    common = common_settings(broker.url(), keys) | {"token_key": ONE}

    def start(ring: str) -> Any:
        shared = common | {"field_keys": ring, "lookup_key": ring}
        return running_city(clock, shared=shared, keys=keys, folder=tmp_path, **urls)

    return start


async def _hidden_report(resident: Actor, pothole: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Sent with one key at every stage: its first answer comes again, and it is there once."""
    body = pothole(category="pencurian", point={"lat": -6.17831, "lon": 106.63197})
    answer = await resident.call("POST", "/v1/laksa/reports", body=body, key=REPEATED)
    assert answer.status_code == 201, answer.text
    report: dict[str, Any] = answer.json()
    seen = await resident.get(f"/v1/laksa/reports/{report['id']}")
    return {"sent": report, "point": seen["point"], "words": seen["description"]}


async def _life(city: City, pothole: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What a resident and an officer see; the same at every stage."""
    city.clock.advance(timedelta(seconds=30))  # each code of an authenticator is good for one sign-in
    resident = await city.resident()
    await city.officer("admin")
    return {"me": await resident.get("/v1/me"), "report": await _hidden_report(resident, pothole)}


async def _under_old(app: Any, package: str) -> list[str]:
    """Every column of bytes that holds something closed with k1, whether it was declared or not."""
    found = []
    async with app.state.runtime.database.transaction() as session:
        for table in import_module(f"{package}.db").Base.metadata.sorted_tables:
            for column in (c for c in table.c if isinstance(c.type, LargeBinary)):
                values = await session.scalars(select(column).where(column.is_not(None)))
                found += [f"{table.name}.{column.name}" for v in values if v.startswith(BY_OLD)]
    return found


async def _rekey(city: City) -> list[int]:
    runs = []
    for app, package in ((city.gateway, "gateway"), (city.laksa, "svc_laksa")):
        run, metadata = app.state.runtime, import_module(f"{package}.db").Base.metadata
        lookup = LookUp(run.settings.lookup_keys())
        runs.append(await rekey(run.database, metadata, run.cipher, lookup, lambda _: None))
    return runs


async def test_nobody_notices_that_all_personal_data_is_written_anew_under_another_key(
    city_with: Callable[[str], Any], pothole: Callable[..., dict[str, Any]], broker: Broker
) -> None:
    await delete_streams(broker.url())
    async with city_with(OLD) as city:
        await (await city.resident()).call("PATCH", "/v1/me", body={"name": "Demo Wulandari"})
        first = await _life(city, pothole)
        before = await _under_old(city.gateway, "gateway") + await _under_old(city.laksa, "svc_laksa")
        assert {
            "citizens.phone", "citizens.name", "code_challenges.phone", "credentials.totp", "staff.name",
            "reports.sealed_point", "report_texts.sealed", "idempotency.body",
        } <= set(before)  # fmt: skip
    async with city_with(BOTH) as city:
        assert await _life(city, pothole) == first
        work = asyncio.create_task(_rekey(city))
        while not work.done():
            assert await _life(city, pothole) == first
        assert await work == [0, 0]
        assert await _under_old(city.gateway, "gateway") == []
        assert await _under_old(city.laksa, "svc_laksa") == []
    async with city_with(NEW) as city:
        assert await _life(city, pothole) == first
        assert not city.gateway.state.runtime.cipher.troubles
