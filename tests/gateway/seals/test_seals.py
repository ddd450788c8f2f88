"""The services' seals, kept where a service cannot take them back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from gateway.seals.models import Seal
from shared.chain import verify
from shared.clock import ManualClock
from shared.contracts.city import ChainSealedV1
from shared.events.event import Envelope
from shared.ids import new_id


async def seal(app: FastAPI, clock: ManualClock, service: str, seq: int, digest: str) -> None:
    event = Envelope(
        id=str(new_id()),
        source=f"//tangerang/svc-{service}",
        type=f"{service}.{ChainSealedV1.name}",
        subject=f"chain:{service}",
        time=clock.now(),
        partitionkey=f"chain:{service}",
        entityversion=seq,
        data=ChainSealedV1(seq=seq, hash=digest).model_dump(),
    )
    await app.state.runtime.bus.jetstream.publish(event.type, event.model_dump_json().encode())


async def listed(client: AsyncClient, service: str, until: Callable[[list[Any]], bool]) -> list[Any]:
    async with asyncio.timeout(10):
        while True:
            items: list[Any] = (await client.get(f"/v1/ledger-seals/{service}?limit=100")).json()["items"]
            if until(items):
                return items
            await asyncio.sleep(0.03)


async def test_everybody_may_read_the_seals_of_a_service_newest_first(
    app: FastAPI, client: AsyncClient, clock: ManualClock
) -> None:
    for seq in (10, 20, 30):
        await seal(app, clock, "laksa", seq, f"{seq:064x}")
    await seal(app, clock, "jobs", 5, "ab" * 32)
    items = await listed(client, "svc-laksa", lambda items: len(items) == 3)
    assert [item["seq"] for item in items] == [30, 20, 10]
    assert verify.Seal(items[0]["seq"], bytes.fromhex(items[0]["hash"])).hash[-1] == 30
    first = (await client.get("/v1/ledger-seals/laksa?limit=2")).json()
    rest = (await client.get("/v1/ledger-seals/laksa", params={"cursor": first["next"]})).json()
    assert ([i["seq"] for i in rest["items"]], rest["next"]) == ([10], None)


async def test_a_seal_that_contradicts_an_earlier_one_stands_beside_it(
    app: FastAPI, client: AsyncClient, clock: ManualClock
) -> None:
    for digest in ("aa" * 32, "aa" * 32, "bb" * 32):
        await seal(app, clock, "news", 7, digest)
    items = await listed(client, "news", lambda items: len(items) == 2)
    assert {item["hash"] for item in items} == {"aa" * 32, "bb" * 32}


async def test_the_running_gateway_cannot_remove_a_seal(
    app: FastAPI, client: AsyncClient, clock: ManualClock
) -> None:
    await seal(app, clock, "prices", 1, "cc" * 32)
    await listed(client, "prices", bool)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with app.state.runtime.database.transaction() as session:
            await session.execute(delete(Seal))


async def test_a_damaged_cursor_is_refused(client: AsyncClient) -> None:
    answer = await client.get("/v1/ledger-seals/laksa?cursor=xyz")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
