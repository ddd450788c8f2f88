"""One person's itineraries and reviews: handed out page by page, erased with all that hangs on them."""

from typing import Any

from shared.auth import Caller
from tests.svc_tourism.resort import Resort

SYSTEM = Caller(kind="system")


async def export(resort: Resort, citizen_id: str) -> dict[str, list[dict[str, Any]]]:
    held: dict[str, list[dict[str, Any]]] = {}
    after = ""
    while after is not None:
        path = f"/internal/citizens/{citizen_id}/export{after and '?after=' + after}"
        page = (await resort.get(SYSTEM, path)).json()
        for kind, things in page["held"].items():
            held.setdefault(kind, []).extend(things)
        after = page["next"]
    return held


async def erase(resort: Resort, citizen_id: str) -> dict[str, int]:
    from svc_tourism.privacy.usecases import erase as erase_all

    async with resort.run.database.transaction() as session:
        return dict(await erase_all(session, resort.run, citizen_id, resort.clock.now()))


async def furnish(resort: Resort) -> dict[str, Any]:
    place = await resort.add()
    for caller, stars in ((resort.citizen, 1), (resort.other, 5)):
        path = f"/places/{place['id']}/reviews"
        body = {"rating": stars, "text": f"Kata {caller.sub}", "photos": [resort.receipt(caller)]}
        made = (await resort.post(caller, path, body)).json()
        await resort.post(resort.editor, f"/reviews/{made['id']}/publish")
        trip = {"title": f"Jalan {caller.sub}", "stops": [{"place_id": place["id"]}]}
        await resort.post(caller, "/itineraries", trip)
    (theirs,) = (await resort.get(resort.other, "/reviews/mine")).json()["items"]
    report = f"/reviews/{theirs['id']}/report"
    assert (await resort.post(resort.citizen, report, {"reason_code": "untrue"})).status_code == 204
    return place


async def test_she_takes_away_what_is_hers_and_nothing_else(resort: Resort) -> None:
    place = await furnish(resort)
    for number in range(30):
        assert (
            await resort.post(resort.citizen, "/itineraries", {"title": f"Jalan {number}"})
        ).status_code == 201
    held = await export(resort, "citizen-1")
    assert {kind: len(things) for kind, things in held.items()} == {
        "itineraries": 31,
        "reviews": 1,
        "review_reports": 1,
    }
    assert held["review_reports"][0]["reason_code"] == "untrue"
    assert (held["reviews"][0]["text"], held["reviews"][0]["place_id"]) == ("Kata citizen-1", place["id"])
    assert held["itineraries"][0]["title"] == "Jalan citizen-1"
    assert "citizen-2" not in str(held)
    assert await export(resort, "citizen-99") == {}
    assert (await resort.get(SYSTEM, "/internal/citizens/citizen-1/export?after=x/y")).json()[
        "code"
    ] == "bad_cursor"
    assert (await resort.get(resort.citizen, "/internal/citizens/citizen-1/export")).status_code == 403


async def test_erased_reviews_leave_the_average_and_their_photos_are_released(resort: Resort) -> None:
    place = await furnish(resort)
    (mine,) = (await resort.get(resort.citizen, "/reviews/mine")).json()["items"]
    assert await erase(resort, "citizen-1") == {"itineraries": 1, "reviews": 1, "review_reports": 1}
    assert await export(resort, "citizen-1") == {}
    rating = (await resort.get(resort.guest, f"/places/{place['id']}")).json()["rating"]
    assert rating == {"count": 1, "average": 5.0}
    released = [data for kind, _, data in await resort.told(mine["id"]) if kind == "media_released.v1"]
    assert [each["media_ids"] for each in released] == [mine["photo_ids"]]
    assert len((await export(resort, "citizen-2"))["itineraries"]) == 1
    assert await erase(resort, "citizen-1") == {"itineraries": 0, "reviews": 0, "review_reports": 0}
