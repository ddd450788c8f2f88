"""Reviews: one a person and place, read by an editor first, out of the average when they go."""

from typing import Any

import pytest

from shared.auth import Caller
from tests.svc_tourism.resort import Resort

GOOD = {"rating": 5, "text": "Bersih dan murah."}


async def write(resort: Resort, place: dict[str, Any], caller: Caller, **more: Any) -> dict[str, Any]:
    answer = await resort.post(caller, f"/places/{place['id']}/reviews", GOOD | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def published(resort: Resort, place: dict[str, Any], caller: Caller, **more: Any) -> dict[str, Any]:
    made = await write(resort, place, caller, **more)
    assert (await resort.post(resort.editor, f"/reviews/{made['id']}/publish")).status_code == 200
    return made


async def rating(resort: Resort, place: dict[str, Any]) -> tuple[int, float | None]:
    read = (await resort.get(resort.guest, f"/places/{place['id']}")).json()["rating"]
    return read["count"], read["average"]


async def public(resort: Resort, place: dict[str, Any]) -> list[str]:
    page = (await resort.get(resort.guest, f"/places/{place['id']}/reviews")).json()
    return [item["id"] for item in page["items"]]


def citizen(number: int) -> Caller:
    return Caller(kind="citizen", sub=f"citizen-{number}")


async def test_a_review_is_public_and_counts_once_an_editor_has_read_it(resort: Resort) -> None:
    place = await resort.add()
    first, second = await write(resort, place, citizen(1)), await write(resort, place, citizen(2), rating=2)
    assert first["state"]["code"] == "pending"
    assert (await public(resort, place), await rating(resort, place)) == ([], (0, None))
    queue = (await resort.get(resort.editor, "/reviews/queue")).json()["items"]
    assert [item["id"] for item in queue] == [first["id"], second["id"]]
    for made in (first, second):
        assert (await resort.post(resort.editor, f"/reviews/{made['id']}/publish")).status_code == 200
    assert set(await public(resort, place)) == {first["id"], second["id"]}
    assert await rating(resort, place) == (2, 3.5)
    assert (await resort.get(resort.editor, "/reviews/queue")).json()["items"] == []
    told = await resort.told(first["id"])
    notice = next(data for kind, _, data in told if kind == "notice_requested.v1")
    assert (notice["citizen_id"], notice["template"]) == ("citizen-1", "tourism.review_published")
    rated = [data for kind, _, data in await resort.told(place["id"]) if kind == "place_rated.v1"]
    assert [(each["reviews"], each["average"]) for each in rated] == [(1, 5.0), (2, 3.5)]


async def test_who_wrote_it_nobody_is_told(resort: Resort) -> None:
    place = await resort.add()
    await published(resort, place, citizen(77))
    for path in (f"/places/{place['id']}/reviews", f"/places/{place['id']}"):
        assert "citizen-77" not in (await resort.get(resort.guest, path)).text
    assert "citizen-77" not in str(await resort.told(place["id"]))


async def test_a_person_reviews_a_place_once_and_changes_it_later(resort: Resort) -> None:
    place = await resort.add()
    made = await published(resort, place, resort.citizen)
    twice = await resort.post(resort.citizen, f"/places/{place['id']}/reviews", GOOD)
    assert (twice.status_code, twice.json()["code"]) == (409, "reviewed_already")
    stale = await resort.put(resort.citizen, f"/reviews/{made['id']}", GOOD, If_Match='"1.x"')
    assert stale.status_code == 412
    changed = await resort.put(resort.citizen, f"/reviews/{made['id']}", {"rating": 1, "text": "Kotor."})
    assert (changed.status_code, changed.json()["state"]["code"]) == (200, "pending")
    assert (await public(resort, place), await rating(resort, place)) == ([], (0, None))
    publish = f"/reviews/{made['id']}/publish"
    for read in ({}, {"If_Match": '"2.x"'}):  # the editor has her first words before her
        answer = await resort.post(resort.editor, publish, **read)
        assert (answer.status_code, answer.json()["code"]) == (412, "version_stale")
    assert await public(resort, place) == []
    assert (await resort.post(resort.editor, publish, If_Match=changed.headers["ETag"])).status_code == 200
    assert await rating(resort, place) == (1, 1.0)


async def test_what_an_editor_rejects_its_writer_reads_with_the_reason(resort: Resort) -> None:
    place = await resort.add()
    made = await write(resort, place, resort.citizen)
    body = {"reason_code": "personal_data", "note": "Nomor telepon orang lain."}
    assert (await resort.post(resort.editor, f"/reviews/{made['id']}/reject", body)).status_code == 200
    (mine,) = (await resort.get(resort.citizen, "/reviews/mine", Accept_Language="en")).json()["items"]
    assert (mine["state"]["code"], mine["reason"]["label"], mine["note"]) == (
        "rejected",
        "Contains personal data",
        "Nomor telepon orang lain.",
    )
    assert await public(resort, place) == []


async def test_three_people_who_report_it_hide_a_review_until_it_was_looked_at(resort: Resort) -> None:
    place = await resort.add()
    made = await published(resort, place, citizen(1))
    path, body = f"/reviews/{made['id']}/report", {"reason_code": "advertising"}
    own = await resort.post(citizen(1), path, body)
    assert (own.status_code, own.json()["code"]) == (409, "own_review")
    for reporter in (2, 2, 2, 3):  # the same person thrice is one person
        assert (await resort.post(citizen(reporter), path, body)).status_code == 204
    assert await public(resort, place) == [made["id"]]
    (waiting,) = (await resort.get(resort.editor, "/reviews/queue")).json()["items"]
    assert (waiting["reports"], waiting["reported_for"]) == (2, {"advertising": 2})
    assert (await resort.post(citizen(4), path, {"reason_code": "untrue"})).status_code == 204
    assert (await public(resort, place), await rating(resort, place)) == ([], (0, None))
    assert (await resort.post(citizen(5), path, body)).status_code == 404
    (waiting,) = (await resort.get(resort.editor, "/reviews/queue")).json()["items"]
    read = f'"{waiting["version"]}"'
    await resort.post(resort.editor, f"/reviews/{made['id']}/publish", If_Match=read)
    assert (await public(resort, place), await rating(resort, place)) == ([made["id"]], (1, 5.0))
    assert (await resort.post(citizen(2), path, body)).status_code == 204  # she may say it again


async def test_a_review_that_is_taken_back_leaves_the_average(resort: Resort) -> None:
    place = await resort.add()
    made = await published(resort, place, citizen(1), rating=1)
    await published(resort, place, citizen(2), rating=4)
    assert await rating(resort, place) == (2, 2.5)
    assert (await resort.call("DELETE", citizen(2), f"/reviews/{made['id']}")).status_code == 404
    assert (await resort.call("DELETE", citizen(1), f"/reviews/{made['id']}")).status_code == 204
    assert await rating(resort, place) == (1, 4.0)


async def test_photos_of_a_review_are_kept_by_id_and_released_when_they_go(resort: Resort) -> None:
    place = await resort.add()
    made = await write(resort, place, resort.citizen, photos=[resort.receipt(resort.citizen)])
    (photo,) = made["photo_ids"]
    assert made["photos"][0].startswith(f"/v1/media/{photo}?v=small")
    stolen = await resort.put(resort.citizen, f"/reviews/{made['id']}", GOOD | {"keep": [place["id"]]})
    assert stolen.json()["errors"][0] | {"message": ""} == {"field": "keep", "code": "unknown", "message": ""}
    kept = await resort.put(resort.citizen, f"/reviews/{made['id']}", GOOD | {"keep": [photo]})
    assert kept.json()["photo_ids"] == [photo]
    await resort.call("DELETE", resort.citizen, f"/reviews/{made['id']}")
    told = [(kind, data["media_ids"]) for kind, _, data in await resort.told(made["id"]) if "media" in kind]
    assert told == [("media_attached.v1", [photo]), ("media_released.v1", [photo])]


async def test_everybody_does_what_is_hers_alone(resort: Resort) -> None:
    place = await resort.add()
    made = await write(resort, place, resort.citizen)
    reviews, one = f"/places/{place['id']}/reviews", f"/reviews/{made['id']}"
    refused = {
        ("POST", reviews): (resort.guest, resort.editor),
        ("GET", "/reviews/mine"): (resort.guest, resort.editor),
        ("PUT", one): (resort.guest, resort.editor),
        ("DELETE", one): (resort.guest, resort.editor),
        ("POST", f"{one}/report"): (resort.guest, resort.editor),
        ("GET", "/reviews/queue"): (resort.guest, resort.citizen, resort.stranger),
        ("POST", f"{one}/publish"): (resort.guest, resort.citizen, resort.stranger),
        ("POST", f"{one}/reject"): (resort.guest, resort.citizen, resort.stranger),
    }
    for (method, path), callers in refused.items():
        body = GOOD if path in (reviews, one) else {"reason_code": "other"}
        for caller in callers:
            status = 401 if caller is resort.guest else 403
            assert (await resort.call(method, caller, path, body)).status_code == status, (method, path)
    assert (await resort.put(resort.other, one, GOOD)).status_code == 404
    assert (await resort.post(resort.other, f"{one}/report", {"reason_code": "other"})).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"rating": 0}, {"rating": 6}, {"rating": 4.5}, {"text": " "}, {"text": "x" * 2_001}]
)
async def test_a_review_has_one_to_five_stars_and_words(resort: Resort, wrong: dict[str, Any]) -> None:
    place = await resort.add()
    answer = await resort.post(resort.citizen, f"/places/{place['id']}/reviews", GOOD | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(wrong)))


async def test_lists_of_reviews_cost_the_same_however_many_there_are(resort: Resort) -> None:
    place = await resort.add()
    costs = []
    for number in range(1, 7):
        await published(resort, place, citizen(number))
        await write(resort, await resort.add(), citizen(number))
        if number in (1, 6):
            lists = (resort.guest, f"/places/{place['id']}/reviews"), (resort.editor, "/reviews/queue")
            costs.append([await resort.statements(*each) for each in lists])
    assert costs == [[2, 3], [2, 3]]
    assert len(await every_page(resort, resort.guest, f"/places/{place['id']}/reviews?limit=4")) == 6
    assert len(await every_page(resort, resort.editor, "/reviews/queue?limit=4")) == 6
    assert len(await every_page(resort, citizen(6), "/reviews/mine?limit=1")) == 2
    for path in ("/reviews/mine?cursor=x", "/reviews/mine?cursor=eyJ4Ijox"):
        assert (await resort.get(citizen(6), path)).json()["code"] == "bad_cursor"


async def every_page(resort: Resort, caller: Caller, path: str) -> set[str]:
    found, cursor = [], ""
    while cursor is not None:
        page = (await resort.get(caller, f"{path}{cursor and '&cursor=' + cursor}")).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert len(found) == len(set(found))
    return set(found)
