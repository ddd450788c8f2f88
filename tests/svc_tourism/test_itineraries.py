"""Itineraries over HTTP: hers alone, in her order, planned honestly, shared by a link that shows little."""

from typing import Any

import pytest
from sqlalchemy import select

from svc_tourism.itineraries.models import Itinerary
from tests.svc_tourism.resort import CENTRE, Resort, place

TRIP = {
    "title": "Minggu bersama Ibu",
    "day": "2026-02-03",
    "start": {"lat": -6.19, "lon": 106.64},
    "mode": "car",
}


async def save(resort: Resort, *places: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = TRIP | {
        "stops": [{"place_id": each["id"], "note": f"catatan {n}"} for n, each in enumerate(places)]
    }
    answer = await resort.post(resort.citizen, "/itineraries", body | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_saved_list_keeps_its_order_and_is_ordered_anew_by_put(resort: Resort) -> None:
    one, two = await resort.add(), await resort.add()
    made = await save(resort, one, two)
    assert [stop["place_id"] for stop in made["stops"]] == [one["id"], two["id"]]
    turned = TRIP | {"stops": [{"place_id": two["id"]}, {"place_id": one["id"]}]}
    path = f"/itineraries/{made['id']}"
    assert (await resort.put(resort.citizen, path, turned, If_Match='"1.x"')).status_code == 200
    assert (await resort.put(resort.citizen, path, turned, If_Match='"1.x"')).status_code == 412
    read = (await resort.get(resort.citizen, path)).json()
    assert [stop["place"]["name"] for stop in read["stops"]] == ["Museum Demo", "Museum Demo"]
    assert [stop["place_id"] for stop in read["stops"]] == [two["id"], one["id"]]


async def test_what_she_plans_is_sealed_in_the_database(resort: Resort) -> None:
    made = await save(resort, await resort.add())
    async with resort.run.database.transaction() as session:
        row = (await session.scalars(select(Itinerary))).one()
    assert str(row.id) == made["id"]
    assert not any(word in row.plan for word in (b"Ibu", b"catatan", b"106.64"))


async def test_nobody_else_sees_or_changes_it(resort: Resort) -> None:
    made = await save(resort, await resort.add())
    path = f"/itineraries/{made['id']}"
    for method, where in (("GET", path), ("PUT", path), ("DELETE", path), ("GET", f"{path}/plan"),
                          ("POST", f"{path}/share"), ("DELETE", f"{path}/share")):  # fmt: skip
        assert (await resort.call(method, resort.other, where, TRIP)).status_code == 404
        assert (await resort.call(method, resort.guest, where, TRIP)).status_code == 401
        assert (await resort.call(method, resort.editor, where, TRIP)).status_code == 403
    assert (await resort.get(resort.other, "/itineraries")).json()["items"] == []


async def test_places_nobody_knows_and_doubles_are_refused(resort: Resort) -> None:
    draft, shown = await resort.add(status="draft"), await resort.add()
    for stops, code in (
        ([{"place_id": draft["id"]}], "unknown"),
        ([{"place_id": shown["id"]}, {"place_id": shown["id"]}], "stops_twice"),
    ):
        answer = await resort.post(resort.citizen, "/itineraries", TRIP | {"stops": stops})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    late = await resort.post(resort.citizen, "/itineraries", TRIP | {"begins": "18:00", "ends": "09:00"})
    assert late.json()["errors"][0]["code"] == "begins_before_ends"


async def test_the_plan_orders_by_hours_and_ways_and_says_what_does_not_fit_and_why(resort: Resort) -> None:
    late = await resort.add(hours="14.00-20.00", category="park")
    early = await resort.add(hours="08.00-11.00", category="park")
    closed = await resort.add(hours="Senin 08.00-17.00")
    gone = await resort.add()
    untold = await resort.add(hours=None, category="atm", point={"lat": -6.19, "lon": 106.64})
    shut = await resort.add(hours="24 jam")
    night = await resort.add(hours="Senin 24 jam; Selasa tutup")  # open until the midnight before
    market = await resort.add(hours="17.30-23.00")
    made = await save(resort, late, closed, early, gone, untold, shut, night, market)
    await resort.put(resort.editor, f"/places/{gone['id']}", place(status="withdrawn"))
    await resort.put(resort.editor, f"/places/{shut['id']}", place(status="closed"))
    plan = (await resort.get(resort.citizen, f"/itineraries/{made['id']}/plan", Accept_Language="en")).json()
    assert [visit["place"]["id"] for visit in plan["visits"]] == [untold["id"], early["id"], late["id"]]
    assert [visit["sure"] for visit in plan["visits"]] == [False, True, True]
    assert plan["visits"][2]["starts_at"] == "2026-02-03T14:00:00+07:00"
    assert {each["place_id"]: each["reason"]["code"] for each in plan["left_out"]} == {
        closed["id"]: "closed_that_day",
        gone["id"]: "gone",
        shut["id"]: "closed_for_a_while",
        night["id"]: "closed_that_day",
        market["id"]: "day_ends",
    }
    assert (plan["day"], plan["method"]) == ("2026-02-03", "estimate")
    monday = (await resort.get(resort.citizen, f"/itineraries/{made['id']}/plan?day=2026-02-09")).json()
    assert closed["id"] in [visit["place"]["id"] for visit in monday["visits"]]


async def test_a_shared_list_shows_places_and_nothing_of_her_until_the_link_ends(resort: Resort) -> None:
    made = await save(resort, await resort.add(point=CENTRE))
    links = [
        (await resort.post(resort.citizen, f"/itineraries/{made['id']}/share")).json()["link"] for _ in "ab"
    ]
    paths = [link.removeprefix("/v1/tourism") for link in links]
    assert (await resort.get(resort.guest, paths[0])).status_code == 404  # the newer link took its place
    read = await resort.get(resort.guest, paths[1])
    assert read.json()["title"] == TRIP["title"]
    assert not any(word in read.text for word in ("catatan", "106.64,", "citizen-1", made["id"]))
    assert read.headers["Cache-Control"].startswith("private")
    assert (
        await resort.call("DELETE", resort.citizen, f"/itineraries/{made['id']}/share")
    ).status_code == 204
    assert (await resort.get(resort.guest, paths[1])).status_code == 404
    assert (await resort.get(resort.guest, "/shared/" + "A" * 32)).status_code == 404


async def test_her_lists_are_read_page_by_page_and_the_cursor_is_hers_alone(resort: Resort) -> None:
    made = [(await save(resort, title=f"Daftar {n}"))["id"] for n in range(5)]
    read, path = [], "/itineraries?limit=2"
    while path:
        page = (await resort.get(resort.citizen, path)).json()
        read += [each["id"] for each in page["items"]]
        assert len(page["items"]) <= 2
        path = page["next"] and f"/itineraries?limit=2&cursor={page['next']}"
        if path:
            assert (await resort.get(resort.other, path)).json()["code"] == "bad_cursor"
    assert read == made


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1767225600", 1_767_225_600])
async def test_a_day_beyond_every_calendar_is_refused(resort: Resort, day: str | int) -> None:
    made = await save(resort, await resort.add(), await resort.add(hours=None))
    for answer in (
        await resort.get(resort.citizen, f"/itineraries/{made['id']}/plan?day={day}"),
        await resort.post(resort.citizen, "/itineraries", TRIP | {"day": day}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "day")


async def test_her_lists_cost_the_same_however_many_there_are(resort: Resort) -> None:
    shown = await resort.add()
    costs = []
    for _ in range(4):
        await save(resort, shown)
        costs.append(await resort.statements(resort.citizen, "/itineraries"))
    assert costs == [2, 2, 2, 2]
    made = (await resort.get(resort.citizen, "/itineraries")).json()["items"]
    for each in made:
        assert (await resort.call("DELETE", resort.citizen, f"/itineraries/{each['id']}")).status_code == 204
    assert (await resort.get(resort.citizen, "/itineraries")).json()["items"] == []
