"""What has changed is never given as fresh again."""

import asyncio
from typing import Any

from shared.contracts.city import DocumentWithdrawnV1, TagsPurgedV1

PURGE = TagsPurgedV1(tags=("news",))


async def answer_becomes(town: Any, word: str, path: str = "/list") -> Any:
    async with asyncio.timeout(10):
        while word not in (answer := await town.get(path)).text:
            await asyncio.sleep(0.005)
    return answer


async def test_an_event_purges_what_has_its_tag_and_nothing_else(town: Any) -> None:
    await town.get()
    town.desk.text = "Jalan dibuka"
    await town.tell(TagsPurgedV1(tags=("other",)))
    assert "ditutup" in (await town.get()).text
    await town.tell(PURGE)
    await answer_becomes(town, "dibuka")
    assert (await town.get()).headers["x-cache"] == "hit"
    assert town.metric("city_cache_purged_total", reason="tags") >= 1


async def test_a_purged_answer_is_asked_for_anew_by_its_etag_and_a_304_refreshes_it(town: Any) -> None:
    first = await town.get()
    town.kept.purge(["news"])
    again = await town.get()
    assert (again.headers["x-cache"], again.content) == ("revalidated", first.content)
    assert town.desk.asked[-1]["if-none-match"] == first.headers["etag"]
    assert (await town.get()).headers["x-cache"] == "hit"
    assert len(town.desk.asked) == 2


async def test_a_read_that_began_before_a_purge_is_not_kept_as_fresh(town: Any) -> None:
    held, waiting = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        waiting.set()
        await held.wait()

    town.desk.before = hold
    early = asyncio.create_task(town.get())
    await waiting.wait()
    town.desk.text, town.desk.before = "Jalan dibuka", None
    town.kept.purge(["news"])
    late = await town.get()  # does not wait for the read that began before
    assert "dibuka" in late.text
    held.set()
    assert "ditutup" in (await early).text
    last = await town.get()
    assert "dibuka" in last.text
    assert [a.headers["x-cache"] for a in (await early, late, last)] == ["miss", "miss", "hit"]


async def test_while_a_purged_answer_is_asked_for_nobody_is_given_the_old_one(town: Any) -> None:
    await town.get()
    town.desk.text = "Jalan dibuka"
    town.desk.before = lambda: asyncio.sleep(0.05)
    town.kept.purge(["news"])
    answers = await asyncio.gather(*(town.get() for _ in range(20)))
    assert all("dibuka" in answer.text for answer in answers)
    assert len(town.desk.asked) == 2


async def test_a_withdrawn_document_does_not_come_back_as_a_stale_answer(town: Any) -> None:
    await town.get()
    await town.tell(DocumentWithdrawnV1(kind="news_article", id="one"))
    async with asyncio.timeout(10):
        while town.metric("city_cache_entries"):
            await asyncio.sleep(0.005)
    await town.shut()
    try:
        assert (await town.get()).status_code == 503
    finally:
        await town.open()


async def test_a_read_that_began_before_a_withdrawal_leaves_nothing_behind(town: Any) -> None:
    held, waiting = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        waiting.set()
        await held.wait()

    town.desk.before = hold
    early = asyncio.create_task(town.get())
    await waiting.wait()
    town.kept.purge(["news"])  # whoever withdraws something purges its tags as well
    town.kept.withdraw("news")
    held.set()
    assert (await early).status_code == 200
    assert town.metric("city_cache_entries") == 0


async def test_what_is_gone_takes_its_kept_answer_with_it(town: Any) -> None:
    await town.get("/pages/none-yet")
    assert town.metric("city_cache_entries") == 1
    town.kept.purge(["news"])
    town.desk.gone = True
    assert (await town.get("/pages/none-yet")).status_code == 404
    assert town.metric("city_cache_entries") == 0


async def test_what_has_become_private_is_shared_no_longer_though_its_etag_is_the_same(town: Any) -> None:
    await town.get()
    town.kept.purge(["news"])
    town.desk.private = True
    answer = await town.get()
    assert (answer.status_code, "x-cache" in answer.headers) == (200, False)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert town.metric("city_cache_entries") == 0


async def test_a_gap_makes_everything_stale(town: Any) -> None:
    await town.get()
    await town.run.bus._lost()
    await town.run.bus._found()  # what was sent meanwhile was not heard
    town.desk.text = "Jalan dibuka"
    await answer_becomes(town, "dibuka")


async def test_without_a_broker_an_answer_is_fresh_for_no_longer_than_a_reload(
    town: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("shared.events.fanout.RELOAD_SECONDS", 0.1)  # 5 s, where nobody waits for a test
    await town.run.bus._lost()
    try:
        await town.get()
        town.desk.text = "Jalan dibuka"
        await answer_becomes(town, "dibuka")
    finally:
        await town.run.bus._found()
        await town.heard()


async def test_the_gateways_own_word_purges_every_workers_memory(town: Any) -> None:
    await town.get()
    town.desk.text = "Jalan dibuka"
    await town.tell(PURGE, of="gateway")
    await answer_becomes(town, "dibuka")
