"""Answers for the gateway's own use, as home reads its sections."""

import asyncio
from typing import Any

from gateway.edge.answers import Kept
from shared.errors import Internal

LIST = "/v1/news/list"


async def read(town: Any, path: str = LIST, query: str = "limit=5", seconds: float = 2, **more: Any) -> Any:
    begun = town.answers.begin(path, query, **{"language": "id", **more})
    if isinstance(begun, Kept):
        return begun
    await asyncio.wait([begun.done], timeout=seconds)
    return begun.now()


async def test_many_who_ask_at_once_get_one_answer_with_its_moment(town: Any, clock: Any) -> None:
    town.desk.before = lambda: asyncio.sleep(0.05)
    found = await asyncio.gather(*(read(town) for _ in range(100)))
    assert len(town.desk.asked) == 1
    assert {(kept.state, kept.status, kept.as_of) for kept in found} == {("ok", 200, clock.now())}
    assert found[0].body.startswith(b"id: Jalan")
    assert (await read(town, language="en")).body.startswith(b"en: Jalan")


async def test_readers_from_outside_and_inside_share_one_answer(town: Any) -> None:
    await read(town)
    assert (await town.get("/list?limit=5")).headers["x-cache"] == "hit"


async def test_a_part_that_is_late_is_the_last_answer_or_none_and_heals(town: Any) -> None:
    assert (await read(town)).state == "ok"
    held = asyncio.Event()
    town.desk.before = held.wait
    town.answers.purge(["news"])
    late, never = await asyncio.gather(read(town, seconds=0.05), read(town, query="limit=6", seconds=0.05))
    assert (late.state, late.status, late.body[:9]) == ("stale", 200, b"id: Jalan")
    assert (never.state, never.status, never.body) == ("unavailable", 503, b"")
    town.desk.before = None
    held.set()
    async with asyncio.timeout(5):
        while (await read(town)).state != "ok" or (await read(town, query="limit=6")).state != "ok":
            await asyncio.sleep(0.01)
    assert len(town.desk.asked) == 3  # what was late had its answer kept for the next one


async def test_what_has_expired_is_stale_as_soon_as_its_owner_has_failed(town: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(town.kept.flights, "seconds", 0.05)
    monkeypatch.setattr("gateway.edge.cache.flights._SPARED_SECONDS", 0.05)
    await read(town)
    held = asyncio.Event()
    town.desk.before = lambda: fails_after(held)
    await asyncio.sleep(0.1)
    assert (await read(town)).state == "ok"  # nobody knows yet
    held.set()
    async with asyncio.timeout(5):
        while (await read(town)).state != "stale":
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    held.clear()
    assert (await read(town)).state == "stale"  # asked anew, and not known to be better
    town.desk.before = None
    held.set()
    async with asyncio.timeout(5):
        while (await read(town)).state != "ok":
            await asyncio.sleep(0.01)


async def fails_after(held: asyncio.Event) -> None:
    await held.wait()
    raise Internal


async def test_what_cannot_be_shown_is_unavailable_and_never_raised(town: Any) -> None:
    assert (await read(town, "/v1/news/pages/none", "")).status == 404
    assert (await read(town, "/v1/nowhere", "")).state == "unavailable"
    assert (await read(town, LIST, "x=unknown")).state == "unavailable"
    assert (await read(town, "/v1/news/list", "limit=many")).state == "unavailable"
    await town.shut()
    try:
        assert (await read(town, query="limit=7")).state == "unavailable"
    finally:
        await town.open()


async def test_what_is_untagged_or_private_is_read_as_a_guest_and_not_kept(town: Any) -> None:
    found = await asyncio.gather(*(read(town, "/v1/news/untagged", "") for _ in range(5)))
    assert {kept.state for kept in found} == {"ok"}
    assert len(town.desk.asked) == 1
    town.desk.private = True
    assert (await read(town)).state == "ok"
    assert town.metric("city_cache_entries") == 0


async def test_an_own_public_answer_is_kept_like_a_services(town: Any) -> None:
    town.answers.purge(["bootstrap"])
    app = {"X-App-Platform": "android", "X-App-Version": "1.10.0"}
    for headers, found in (
        (app, "miss"),
        (app, "hit"),
        (app | {"X-App-Version": "1.9.0"}, "miss"),
        (app, "hit"),
    ):
        answer = await town.client.get("/v1/bootstrap", headers=headers)
        assert (answer.status_code, answer.headers["x-cache"]) == (200, found), answer.text
    town.answers.purge(["bootstrap"])
    answer = await town.client.get("/v1/bootstrap", headers=app)
    assert answer.headers["x-cache"] in ("miss", "revalidated")
    assert (await read(town, "/v1/bootstrap", "", platform="android")).state == "ok"
