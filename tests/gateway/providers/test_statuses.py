"""A resident lets a provider know her, and sees how far her request is; nobody else's list is touched."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.privacy.usecases import erase, export
from gateway.requests.models import CityRequest
from gateway.streams.models import FeedRow
from shared.clock import ManualClock
from shared.ids import new_id
from tests.gateway.providers.conftest import Town, until
from tests.providers.sample import IdCardQueue

MINE = "/v1/me/requests"


@pytest.fixture
async def joined(town: Town) -> tuple[str, IdCardQueue]:
    """A provider that knows nobody yet."""
    return await town.join()


@pytest.fixture
def me() -> str:
    return str(new_id())


async def known(town: Town, code: str, queue: IdCardQueue, me: str, number: int = 7) -> str:
    """The resident lets the provider know her, and it gives her a number."""
    linked = await town.http.post(f"/v1/me/providers/{code}/link", headers=town.signed_in(me))
    assert linked.status_code == 200, linked.text
    queue.subjects[number] = linked.json()["subject"]
    return queue.subjects[number]


async def listed(town: Town, me: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await town.http.get(MINE, headers=town.signed_in(me))).json()["items"]
    return items


async def test_a_signed_status_stands_in_her_list_and_her_feed_and_the_newer_word_wins(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    await known(town, code, queue, me)
    first = await queue.say(7, "menunggu", clock.now())
    assert first.json() == {"number": "KTP-7", "version": 1, "taken": True}
    await queue.say(7, "dipanggil", clock.now())
    (item,) = await listed(town, me)
    assert (item["kind"], item["number"]) == (f"provider_{code}_antrean", "KTP-7")
    assert (item["title"], item["state_label"]) == ("Antrean KTP-el (demo)", "Dipanggil")
    for version in (1, 2):
        queue.versions[7] = version - 1
        again = await queue.say(7, "menunggu", clock.now())
        assert (again.status_code, again.json()["taken"]) == (200, False)
    assert (await listed(town, me))[0]["state"] == "dipanggil"
    async with town.run.database.transaction() as session:
        told = select(func.count()).select_from(FeedRow).where(FeedRow.citizen_id == me)
        assert await session.scalar(told) == 2


async def test_the_document_says_that_no_name_of_hers_has_signs_nobody_sees(town: Town) -> None:
    schemas = (await town.http.get("/openapi.json")).json()["components"]["schemas"]
    (told,) = (schema for name, schema in schemas.items() if name.endswith("RequestStatusIn"))
    stated = re.compile(told["properties"]["subject"]["pattern"])
    assert stated.search("x7Qk")
    assert not any(map(stated.search, ("", " ", "a\x00b", "a\u202eb")))


async def test_many_at_once_have_one_effect(town: Town, joined: Any, me: str, clock: ManualClock) -> None:
    code, queue = joined
    await known(town, code, queue, me)

    async def same() -> Any:
        queue.versions[7] = 0
        return (await queue.say(7, "menunggu", clock.now())).json()["taken"]

    assert sum(await asyncio.gather(*(same() for _ in range(10)))) == 1
    assert (await queue.standing())["statuses_today"] == 1


async def test_unsigned_or_signed_by_another_it_is_refused(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    await known(town, code, queue, me)
    _, other = await town.join()
    queue._signing, mine = other._signing, queue._signing
    refused = await queue.say(7, "menunggu", clock.now())
    assert (refused.status_code, refused.json()["code"]) == (401, "signature_bad")
    queue._signing = mine
    late = await queue.say(7, "menunggu", clock.now() - timedelta(minutes=6))
    assert (late.status_code, late.json()["code"]) == (401, "signature_bad")
    bare = await queue.put("/provider/v1/requests/KTP-7", {"number": "KTP-7"})
    assert bare.status_code == 422
    assert await listed(town, me) == []


async def test_a_message_cannot_be_sent_again_to_another_number(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    subject = await known(town, code, queue, me)
    status = {
        "subject": subject, "kind": "antrean", "number": "KTP-7", "state": "menunggu", "version": 1,
        "state_label": {"id": "Menunggu"}, "next_step": {"id": "Tunggu"}, "link": "/v1/x", "closed": False,
    }  # fmt: skip
    refused = await queue.send("/provider/v1/requests/KTP-8", status, clock.now())
    assert [e["field"] for e in refused.json()["errors"]] == ["number"]
    unknown = await queue.send("/provider/v1/requests/KTP-7", status | {"kind": "paspor"}, clock.now())
    assert [e["field"] for e in unknown.json()["errors"]] == ["kind"]


async def test_whoever_is_not_known_or_not_any_more_is_404_alike(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    await known(town, code, queue, me)
    _, other = await town.join()
    other.subjects[7] = queue.subjects[7]  # the name she has at another provider
    answers = [await other.say(7, "menunggu", clock.now())]
    queue.subjects[8] = "sub_never_given"
    answers.append(await queue.say(8, "menunggu", clock.now()))
    await queue.say(7, "menunggu", clock.now())
    hers = {"headers": town.signed_in(me)}
    assert (await town.http.delete(f"/v1/me/providers/{code}/link", **hers)).status_code == 204
    answers.append(await queue.say(7, "dipanggil", clock.now()))
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "not_found")] * 3
    assert len({json.dumps({**a.json(), "request_id": ""}) for a in answers}) == 1
    assert await listed(town, me) == []
    assert (await town.http.delete(f"/v1/me/providers/{code}/link", **hers)).status_code == 404


async def test_her_names_are_random_and_her_own_at_each_provider(town: Town, joined: Any, me: str) -> None:
    code, queue = joined
    subject = await known(town, code, queue, me)
    assert await known(town, code, queue, me) == subject
    other_code, other = await town.join()
    assert await known(town, other_code, other, me) != subject
    await town.http.delete(f"/v1/me/providers/{code}/link", headers=town.signed_in(me))
    assert await known(town, code, queue, me) != subject
    linked = await town.http.post(f"/v1/me/providers/{code}/link", headers=town.signed_in(me))
    name = linked.json()["subject"]
    assert linked.json()["link"] == f"https://antrean.example.go.id/kenalkan#subject={name}"
    assert me not in json.dumps(linked.json())
    items = (await town.http.get("/v1/me/providers?limit=100", headers=town.signed_in(me))).json()["items"]
    assert {item["code"] for item in items if item["linked"]} == {code, other_code}
    assert (await town.http.post(f"/v1/me/providers/{code}/link")).status_code == 401
    hers = {"headers": town.signed_in(me)}
    assert (await town.http.post("/v1/me/providers/nobody/link", **hers)).status_code == 404


async def test_a_number_cannot_move_from_her_list_to_his(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    await known(town, code, queue, me)
    await queue.say(7, "menunggu", clock.now())
    him = str(new_id())
    await known(town, code, queue, him)
    refused = await queue.say(7, "dipanggil", clock.now())
    assert (refused.status_code, refused.json()["code"]) == (409, "request_of_another")
    assert (await listed(town, me))[0]["state"] == "menunggu"
    assert await listed(town, him) == []


async def test_a_days_statuses_are_bounded_as_agreed(town: Town, me: str, clock: ManualClock) -> None:
    code, queue = await town.join(statuses_per_day=2)
    for number in range(3):
        await known(town, code, queue, me, number)
    answers = [await queue.say(number, "menunggu", clock.now()) for number in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "provider_statuses_used_up"
    assert 0 < int(answers[2].headers["retry-after"]) <= 86_400
    assert (await queue.standing())["statuses_today"] == 2
    clock.advance(timedelta(days=1))
    queue.versions[2] = 0
    assert (await queue.say(2, "menunggu", clock.now())).status_code == 200


async def test_texts_of_a_status_are_plain_too(town: Town, joined: Any, me: str, clock: ManualClock) -> None:
    code, queue = joined
    status = {
        "subject": await known(town, code, queue, me), "kind": "antrean", "number": "KTP-7", "version": 1,
        "title": {"id": "<b>KTP</b>\u202e<script>x</script>"}, "state": "menunggu", "link": "/v1/x",
        "state_label": {"id": "Menunggu"}, "next_step": {"id": "Tunggu"}, "closed": False,
    }  # fmt: skip
    evil = {**status, "link": "javascript:alert(1)"}
    refused = await queue.send("/provider/v1/requests/KTP-7", evil, clock.now())
    assert [e["field"] for e in refused.json()["errors"]] == ["link"]
    await queue.send("/provider/v1/requests/KTP-7", status, clock.now())
    assert (await listed(town, me))[0]["title"] == "KTP"


async def test_erasing_her_ends_every_link_and_an_export_names_them(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    subject = await known(town, code, queue, me)
    await queue.say(7, "menunggu", clock.now())
    async with town.run.database.transaction() as session:
        page = await export(session, town.run, me, "providers/")
    assert [(p["provider"], p["subject"]) for p in page.held["providers"]] == [(code, subject)]
    async with town.run.database.transaction() as session:
        erased = await erase(session, town.run, me, clock.now())
    assert (erased["providers"], erased["requests"]) == (1, 1)
    assert (await queue.say(7, "dipanggil", clock.now())).status_code == 404
    async with town.run.database.transaction() as session:
        left = select(func.count()).select_from(CityRequest).where(CityRequest.citizen_id == me)
        assert await session.scalar(left) == 0


async def test_suspended_it_may_say_nothing_of_anybody(
    town: Town, joined: Any, me: str, clock: ManualClock
) -> None:
    code, queue = joined
    await known(town, code, queue, me)
    await town.post(f"/{code}/suspend", {"cause": "other", "reason": "uji"})
    refused = await until(lambda: queue.say(7, "menunggu", clock.now()), lambda a: a.status_code == 403)
    assert refused.json()["code"] == "provider_suspended"
    hers = {"headers": town.signed_in(me)}
    assert (await town.http.post(f"/v1/me/providers/{code}/link", **hers)).status_code == 404
