"""With a server away nothing entrusted is lost: accepted and told later, or refused and safe to repeat."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from sqlalchemy import text

import svc_laksa
from deploy.local.actors import Actor, Listener
from shared.contracts.city import ChainSealedV1
from shared.health import OpsApp
from shared.ids import new_id
from shared.testing import served

Body = Callable[..., dict[str, Any]]


async def health(app: Any) -> dict[str, Any]:
    """What the process says on its ops port."""
    async with (
        served(OpsApp(app.state.runtime, Path(svc_laksa.__file__).parent)) as url,
        httpx.AsyncClient() as http,
    ):
        answer = await http.get(f"{url}/health/ready")
    return {"code": answer.status_code, **answer.json()}


async def test_with_the_broker_away_reports_are_accepted_and_told_later(
    start_city: Callable[[], Any], own: Any, pothole: Body
) -> None:
    async with start_city() as city:
        resident = await city.resident()
        listener = Listener(resident)
        await resident.post("/v1/laksa/reports", pothole())
        await listener.until(1)
        await asyncio.to_thread(own.broker.stop)
        sent = [await resident.post("/v1/laksa/reports", pothole()) for _ in range(3)]
        assert [s["state"]["code"] for s in sent] == ["received"] * 3
        async with asyncio.timeout(20):
            while (said := await health(city.laksa))["status"] != "degraded":
                await asyncio.sleep(0.5)
        assert said["code"] == 200
        assert "broker" in said["reasons"][0]
        assert len(listener.heard) == 1
        await asyncio.to_thread(own.broker.start)
        await listener.until(4, seconds=30)
        await listener.close()
        assert {d["number"] for _, d in listener.heard[1:]} == {s["code"] for s in sent}


async def test_with_the_database_away_the_answer_is_503_and_the_retry_is_taken_once(
    start_city: Callable[[], Any], own: Any, pothole: Body
) -> None:
    async with start_city() as city:
        resident = await city.resident()
        await resident.post("/v1/laksa/reports", pothole())
        await asyncio.to_thread(own.cluster.stop)
        refused = await resident.call("POST", "/v1/laksa/reports", body=pothole(), key="sent-in-the-dark")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        ready = await resident.http.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert (await health(city.laksa))["code"] == 503
        await asyncio.to_thread(own.cluster.start)
        taken = [await _until_taken(resident, pothole()) for _ in range(3)]
        assert len({t["id"] for t in taken}) == 1
        async with city.laksa.state.runtime.database.transaction() as session:
            assert await session.scalar(text("SELECT count(*) FROM reports")) == 2


async def test_events_that_come_while_the_database_is_away_wait_in_hand_and_use_up_no_try(
    start_city: Callable[[], Any], own: Any
) -> None:
    async with start_city() as city:
        runtime = city.gateway.state.runtime
        jetstream = runtime.bus.jetstream
        before = (await jetstream.consumer_info("LAKSA", "gateway-seals")).delivered.stream_seq
        await asyncio.to_thread(own.cluster.stop)
        sealed = ChainSealedV1(seq=7, hash="00" * 32)
        row = SimpleNamespace(
            id=new_id(), type="laksa.chain_sealed.v1", entity_id="chain:laksa", entity_version=7,
            occurred_at=city.clock.now(), traceparent=None, causation_id=None, data=sealed.model_dump(),
        )  # fmt: skip
        await runtime.relay.publish(row)
        async with asyncio.timeout(20):
            while (await jetstream.consumer_info("LAKSA", "gateway-seals")).delivered.stream_seq == before:
                await asyncio.sleep(0.05)
        await asyncio.sleep(2)  # long enough to have been tried several times
        assert (await jetstream.consumer_info("LAKSA", "gateway-seals")).num_redelivered == 0
        await asyncio.to_thread(own.cluster.start)
        async with asyncio.timeout(30):
            while [item["seq"] for item in await _seals(city)] != [7]:
                await asyncio.sleep(0.1)
        told = await jetstream.consumer_info("LAKSA", "gateway-seals")
        assert (told.num_ack_pending, told.num_redelivered) == (0, 0)


async def _seals(city: Any) -> list[dict[str, Any]]:
    answer = await city.http.get("/v1/ledger-seals/laksa")
    return answer.json()["items"] if answer.status_code == 200 else []


async def _until_taken(resident: Actor, body: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while True:
            answer = await resident.call("POST", "/v1/laksa/reports", body=body, key="sent-in-the-dark")
            if answer.status_code == 201:
                return answer.json()  # type: ignore[no-any-return]
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.3)
