"""Tokens: how long one is good, and whose it is. Forged ones are in test_forged.py."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.nats import Broker
from gateway.edge.fresh import Memory
from shared.clock import ManualClock
from shared.contracts.gateway import SessionRevokedV1
from shared.events.outbox import emit


@pytest.mark.parametrize("header", ["", "Bearer", "Basic dXNlcjpwYXNz", "Token x", "bearer"])
async def test_an_authorization_without_a_bearer_token_is_the_same_401(town: Any, header: str) -> None:
    answer = await town.client.get("/v1/news/seen", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_token_ends_when_it_says_so_though_it_was_verified_before(
    town: Any, clock: ManualClock, signed_in: Callable[..., dict[str, str]]
) -> None:
    headers = signed_in()
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    clock.advance(timedelta(seconds=599))
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    clock.advance(timedelta(seconds=2))
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 401


async def test_a_revoked_session_ends_at_once_and_others_go_on(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    ended, going = signed_in(sid="ended"), signed_in(sid="going")
    for headers in (ended, going):
        assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    town.run.part(Memory).tokens.revoke("ended")
    assert (await town.client.get("/v1/news/mine", headers=ended)).status_code == 401
    assert (await town.client.get("/v1/news/mine", headers=going)).status_code == 200


async def test_an_ended_session_is_refused_by_every_worker_within_a_second(
    open_town: Callable[..., Any],
    broker: Broker,
    signed_in: Callable[..., dict[str, str]],
    clock: ManualClock,
) -> None:
    async with (
        open_town(nats_url=broker.url()) as one,
        open_town(nats_url=broker.url(), database_url=one.gateway_url) as other,
    ):
        headers = signed_in(sid="to-be-ended")
        for town in (one, other):
            async with asyncio.timeout(10):
                await town.run.bus.connected.wait()
            assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
        await asyncio.sleep(0.3)
        async with one.run.database.transaction() as session:
            event = SessionRevokedV1(sid="to-be-ended")
            await emit(session, event, entity_id="to-be-ended", entity_version=1, now=clock.now())
        async with asyncio.timeout(1):
            for town in (one, other):
                while (await town.client.get("/v1/news/mine", headers=headers)).status_code != 401:
                    await asyncio.sleep(0.01)


async def test_a_token_belongs_to_no_front_end(town: Any, signed_in: Callable[..., dict[str, str]]) -> None:
    headers = signed_in(client="forged")
    seen = (await town.client.get("/v1/news/seen", headers=headers)).json()
    assert seen["caller"]["client"] == "web"
