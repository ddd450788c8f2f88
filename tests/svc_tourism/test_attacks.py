"""Visitors who mean no good: days at the end of the calendar, words that would be markup, fast hands."""

import json

import pytest

from shared import paging
from svc_tourism.features.rules import Wanted
from svc_tourism.reviews import usecases as reviews
from tests.svc_tourism.resort import CENTRE, Resort

ENDS_OF_TIME = ["0001-01-01", "9999-12-31", "9999-12-30", "1900-01-01"]
MOMENTS = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-30T12:00:00+07:00",
]
MARKUP = "</script><script>alert(1)</script>\u2028<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("day", ENDS_OF_TIME)
async def test_a_plan_of_a_day_at_the_end_of_the_calendar_is_a_plan_or_a_refusal(
    resort: Resort, day: str
) -> None:
    place = await resort.add()
    sent = {"title": "Demo", "stops": [{"place_id": place["id"]}]}
    made = await resort.post(resort.citizen, "/itineraries", sent)
    asked = await resort.get(resort.citizen, f"/itineraries/{made.json()['id']}/plan?day={day}")
    assert asked.status_code in (200, 422), asked.text
    kept = await resort.post(resort.citizen, "/itineraries", sent | {"day": day})
    assert kept.status_code in (201, 422), kept.text
    if kept.status_code == 201:
        own = await resort.get(resort.citizen, f"/itineraries/{kept.json()['id']}/plan")
        assert own.status_code in (200, 422), own.text


@pytest.mark.parametrize("moment", MOMENTS)
async def test_an_arrival_at_the_end_of_the_calendar_is_answered(resort: Resort, moment: str) -> None:
    await resort.add()
    path = f"/nearby?lat={CENTRE['lat']}&lon={CENTRE['lon']}&mix=museum"
    answer = await resort.client.get(
        f"/v1/tourism{path}",
        params={"lat": CENTRE["lat"], "lon": CENTRE["lon"], "mix": "museum", "arrive_at": moment},
    )
    assert answer.status_code in (200, 422), answer.text
    features = await resort.client.get("/ogc/collections/places/items", params={"datetime": f"{moment}/.."})
    assert features.status_code in (200, 400), features.text


async def test_the_catalogue_does_not_break_out_of_the_page_it_is_put_into(resort: Resort) -> None:
    words = {"id": MARKUP, "en": MARKUP}
    form = {"title": words, "media_type": "text/csv", "access_url": "https://data.example/a.csv"}
    sent = {
        "agency": "dishub",
        "title": words,
        "description": words,
        "keywords": [MARKUP[:60]],
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "landing_page": "https://data.example/halte",
        "frequency": "annual",
        "distributions": [form],
    }
    assert (await resort.post(resort.editor, "/datasets", sent)).status_code == 201
    answer = await resort.client.get("/catalog.jsonld")
    assert "<" not in answer.text
    assert MARKUP in json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "http://a b", "data:text/html,x", "https://x\r\nSet-Cookie:a=b",
        "https://x/</script>", "//x", "https://x/\x00", "HTTPS:x",
    ],
)  # fmt: skip
async def test_no_place_leads_to_an_address_that_runs(resort: Resort, address: str) -> None:
    answer = await resort.post(resort.editor, "/places", _place(website=address))
    assert answer.status_code == 422 or answer.json()["website"] == "https://x/</script>", answer.text


def _place(**more: object) -> dict[str, object]:
    from tests.svc_tourism.resort import place

    return place(**more)


async def test_three_reports_of_one_person_hide_nothing(resort: Resort) -> None:
    place = await resort.add()
    made = await resort.post(
        resort.citizen, f"/places/{place['slug']}/reviews", {"rating": 4, "text": "Demo"}
    )
    path = f"/reviews/{made.json()['id']}"
    await resort.post(resort.editor, f"{path}/publish")
    for _ in range(4):
        told = await resort.post(resort.other, f"{path}/report", {"reason_code": "abuse"})
        assert told.status_code == 204
    shown = (await resort.get(resort.guest, f"/places/{place['slug']}/reviews")).json()
    assert [each["id"] for each in shown["items"]] == [made.json()["id"]]


@pytest.mark.parametrize("collection", ["markets", "reports", "districts", "places"])
@pytest.mark.parametrize("last", ["\ud800", "a\x00", 1, None, ["a"], {"a": 1}], ids=repr)
async def test_a_cursor_somebody_made_is_no_failure_of_ours(
    resort: Resort, collection: str, last: object
) -> None:
    forged = paging.encode((last, 1), Wanted().narrowed(collection))
    answer = await resort.client.get(f"/ogc/collections/{collection}/items", params={"cursor": forged})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), answer.text


async def test_nobody_fills_the_editors_queue_by_herself(
    resort: Resort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "MOST_UNREAD", 2)
    places = [await resort.add() for _ in range(3)]
    paths = [f"/places/{place['id']}/reviews" for place in places]
    said = {"rating": 4, "text": "Demo"}
    made = [await resort.post(resort.citizen, path, said) for path in paths]
    assert [answer.status_code for answer in made] == [201, 201, 409]
    assert made[2].json()["code"] == "too_many_reviews"
    assert (await resort.post(resort.other, paths[2], said)).status_code == 201
    first = made[0].json()["id"]
    assert (await resort.post(resort.editor, f"/reviews/{first}/publish")).status_code == 200
    assert (await resort.post(resort.citizen, paths[2], said)).status_code == 201
