"""Keys that follow one another, and front ends switched off and on."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from deploy.local.nats import Broker
from gateway.edge.fresh import Memory

ALL = "/v1/admin/clients"


async def rotate(desk: Any, code: str, hours: int) -> dict[str, Any]:
    answer = await desk.send("POST", f"{ALL}/{code}/rotate", {"overlap_hours": hours})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def good(desk: Any, *keys: str) -> list[bool]:
    return [await desk.code_for(key) == "unauthenticated" for key in keys]


async def test_two_keys_are_good_at_most_and_the_answer_says_which_ended(desk: Any) -> None:
    first = (await desk.add("rotated"))["key"]
    second = await rotate(desk, "rotated", 48)
    assert (second["ended_oldest"], second["live_keys"]) == (False, 2)
    assert second["old_key_until"] == "2026-02-04T09:00:00+07:00"
    assert await good(desk, first, second["key"]) == [True, True]
    third = await rotate(desk, "rotated", 24)
    assert (third["ended_oldest"], third["live_keys"]) == (True, 2)
    assert await good(desk, first, second["key"], third["key"]) == [False, True, True]
    desk.clock.advance(timedelta(hours=24))
    assert await good(desk, second["key"], third["key"]) == [False, True]
    assert (await desk.get(f"{ALL}/rotated")).json()["live_keys"] == 1
    fourth = await rotate(desk, "rotated", 1)
    assert fourth["ended_oldest"] is False, "the one before had ended by itself"


async def test_without_overlap_the_leaked_key_ends_at_once(desk: Any) -> None:
    leaked = (await desk.add("leaked"))["key"]
    fresh = await rotate(desk, "leaked", 0)
    assert (fresh["live_keys"], fresh["old_key_until"]) == (1, None)
    assert await good(desk, leaked, fresh["key"]) == [False, True]


async def test_a_rotation_sent_again_gives_the_same_key_and_rotates_once(desk: Any) -> None:
    await desk.add("retried")
    sent = ("POST", f"{ALL}/retried/rotate", {"overlap_hours": 1})
    first, again = [await desk.send(*sent, once="one-rotation") for _ in range(2)]
    assert again.json() == first.json()
    assert await desk.rows("SELECT version FROM clients WHERE code = 'retried'") == [(2,)]


@pytest.mark.parametrize("hours", [-1, 721])
async def test_an_overlap_lasts_thirty_days_at_most(desk: Any, hours: int) -> None:
    answer = await desk.send("POST", f"{ALL}/desk/rotate", {"overlap_hours": hours})
    assert answer.status_code == 422


async def test_the_old_key_can_be_ended_early_and_only_once(desk: Any) -> None:
    old = (await desk.add("ended"))["key"]
    new = (await rotate(desk, "ended", 48))["key"]
    ended = await desk.send("POST", f"{ALL}/ended/end-old-key")
    assert (ended.status_code, ended.json()["live_keys"]) == (200, 1)
    assert await good(desk, old, new) == [False, True]
    again = await desk.send("POST", f"{ALL}/ended/end-old-key")
    assert (again.status_code, again.json()["code"]) == (409, "client_no_old_key")


async def test_a_disabled_one_comes_back_with_its_keys(desk: Any) -> None:
    key = (await desk.add("off-and-on"))["key"]
    off = (await desk.send("POST", f"{ALL}/off-and-on/disable", {"reason": "misused"})).json()
    assert (off["live_keys"], off["disabled_for"], await good(desk, key)) == (0, "misused", [False])
    again = (await desk.send("POST", f"{ALL}/off-and-on/disable", {"reason": "unused"})).json()
    assert again["disabled_for"] == "misused", "it was off already: nothing changed"
    on = (await desk.send("POST", f"{ALL}/off-and-on/enable")).json()
    assert (on["live_keys"], on["disabled_at"], await good(desk, key)) == (1, None, [True])
    assert (await desk.send("POST", f"{ALL}/off-and-on/disable", {"reason": "my reason"})).status_code == 422


async def test_one_the_pack_named_gets_its_first_key_by_rotating(desk: Any) -> None:
    async with desk.run.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO clients (code, name, kind, type, origins, rate_per_second, burst, created_at,"
                " version) VALUES ('of-the-pack', 'x', 'front_end', 'web', '[]', 5, 5, now(), 1)"
            )
        )
    await desk.run.part(Memory).reload()
    assert (await desk.get(ALL, params={"state": "no_key"})).json()["counts"]["no_key"] == 1
    first = await rotate(desk, "of-the-pack", 48)
    assert (first["live_keys"], first["old_key_until"], first["ended_oldest"]) == (1, None, False)
    assert await good(desk, first["key"]) == [True]


async def becomes(desk: Any, key: str, origin: str, seconds: float = 3) -> float:
    """How long it took until a browser there may read."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while await desk.allowed(key, origin) != origin:
            await asyncio.sleep(0.01)
    return time.monotonic() - started


async def test_a_new_origin_and_limit_hold_on_all_workers_and_for_that_front_end_alone(
    open_desk: Callable[..., Any], broker: Broker
) -> None:
    origin = "https://baru.example.go.id"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_desk(nats_url=broker.url()))
        url = first.run.settings.database_url.get_secret_value()
        second = await stack.enter_async_context(open_desk(nats_url=broker.url(), database_url=url))
        one, other = [(await first.add(code))["key"] for code in ("site-one", "site-other")]
        body = {"origins": [origin], "burst": 1_003, "rate_per_second": 1_003}
        assert (await first.send("PATCH", f"{ALL}/site-one", body)).status_code == 200
        assert max([await becomes(each, one, origin) for each in (first, second)]) < 1
        for each in (first, second):
            assert await each.allowed(other, origin) is None
            assert await each.allowed(one, "https://lain.example.go.id") is None
            answer = await each.client.get("/v1/me", headers={"X-Api-Key": one})
            assert answer.headers["ratelimit-policy"] == '"key";q=1003;w=1'
