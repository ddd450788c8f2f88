"""What a provider publishes is found by the city's search, and only while the provider may speak."""

import asyncio
from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from gateway.publications import usecases
from shared.clock import ManualClock
from tests.gateway.providers.conftest import KEY, Town, until

DOCUMENT = {
    "kind": "layanan",
    "title": {"id": "Perekaman (demo)"},
    "summary": {"id": "Ringkas."},
    "link": "https://antrean.example.go.id/a",
}


async def found(town: Town, words: str) -> list[dict[str, Any]]:
    """What search finds."""
    answer = await town.http.get("/v1/search", params={"q": words})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_it_is_found_and_no_longer_after_it_was_withdrawn(town: Town) -> None:
    code, queue = await town.join()
    first = await queue.publish()
    assert first.status_code == 200, first.text
    (hit,) = await until(lambda: found(town, "perekaman keliling"), lambda hits: len(hits) == 1)
    assert hit["kind"] == f"provider_{code}_layanan"
    assert (hit["title"], hit["source"]) == ("Perekaman KTP-el keliling (demo)", "demo")
    assert (await queue.publish()).json() == first.json()
    assert (await queue.withdraw()).status_code == 204
    assert await until(lambda: found(town, "perekaman keliling"), lambda hits: not hits) == []
    assert (await queue.withdraw()).status_code == 404
    assert (await queue.publish()).json()["version"] > first.json()["version"]
    await until(lambda: found(town, "perekaman keliling"), lambda hits: len(hits) == 1)
    await queue.withdraw()


async def test_suspended_its_documents_leave_the_search_and_come_back(town: Town) -> None:
    code, queue = await town.join()
    await asyncio.gather(*(publish(queue, f"d-{n}", f"Lumbungdata {n}") for n in range(5)))
    await until(lambda: found(town, "lumbungdata"), lambda hits: len(hits) == 5)
    await town.post(f"/{code}/suspend", {"cause": "other", "reason": "uji"})
    await until(lambda: found(town, "lumbungdata"), lambda hits: not hits)
    await town.post(f"/{code}/resume")
    await until(lambda: found(town, "lumbungdata"), lambda hits: len(hits) == 5)
    assert (await queue.standing())["documents"] == 5


async def test_no_more_than_agreed_nothing_undeclared_and_nobody_elses(town: Town) -> None:
    _, queue = await town.join(documents_limit=1)
    assert (await publish(queue, "a")).status_code == 200
    full = await publish(queue, "b")
    assert (full.status_code, full.json()["code"]) == (409, "provider_documents_full")
    unknown = await publish(queue, "a", kind="berita")
    assert [e["field"] for e in unknown.json()["errors"]] == ["kind"]
    nowhere = await publish(queue, "a", area="99.99.99")
    assert [e["field"] for e in nowhere.json()["errors"]] == ["area"]
    _, other = await town.join()
    assert (await other.withdraw()).status_code == 404
    both = {"starts_at": "2026-02-03T09:00:00+07:00", "ends_at": "2026-02-02T09:00:00+07:00"}
    assert (await publish(queue, "a", **both)).status_code == 422


async def test_ids_that_come_and_go_are_bounded_and_old_ones_can_be_used_again(town: Town) -> None:
    _, queue = await town.join(documents_limit=1)
    for number in range(usecases.MOST_KEPT):
        assert (await publish(queue, f"d-{number}")).status_code == 200
        assert (await queue.withdraw(f"d-{number}")).status_code == 204
    refused = await publish(queue, "one-more")
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_withdrawn_full")
    assert (await publish(queue, "d-0")).status_code == 200


async def test_what_was_withdrawn_is_forgotten_after_a_month(town: Town, clock: ManualClock) -> None:
    _, queue = await town.join()
    await publish(queue, "a")
    await queue.put("/provider/v1/documents/b", DOCUMENT)
    async with AsyncClient(base_url=town.url, headers={"X-Api-Key": KEY}) as nobody:
        assert (await nobody.delete("/provider/v1/documents/b")).status_code == 401
    await queue.withdraw("b")
    clock.advance(timedelta(days=31))
    async with town.run.database.transaction() as session:
        assert await usecases.forget_old(session, clock.now()) >= 1
    assert (await queue.standing())["documents"] == 1


async def publish(queue: Any, doc_id: str, title: str = "Perekaman (demo)", **more: Any) -> Any:
    """A document of the sample."""
    said = {**DOCUMENT, "title": {"id": title}, "source": "demo", **more}
    return await queue.put(f"/provider/v1/documents/{doc_id}", said)
