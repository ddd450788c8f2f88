"""Lists of places and what is near: filters, pages, open now, open on arrival, and what each costs."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.svc_tourism.resort import CENTRE, Resort

NORTH = {"lat": -6.1094, "lon": 106.6856}
"""The middle of Benda, 36.71.04.1003."""


async def named(resort: Resort, name: str, **more: Any) -> str:
    return str((await resort.add(name={"id": name, "en": f"{name} (en)"}, **more))["slug"])


async def slugs(resort: Resort, path: str) -> list[str]:
    answer = await resort.get(resort.guest, path)
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


async def every_page(resort: Resort, path: str) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        page = (await resort.get(resort.guest, f"{path}{cursor and '&cursor=' + cursor}")).json()
        found += [item["slug"] for item in page["items"]]
        cursor = page["next"]
    return found


async def test_the_list_is_by_name_page_by_page_in_one_statement(resort: Resort) -> None:
    made = [await named(resort, name) for name in ("Zebra", "abon", "Étalase", "Museum 2", "Museum 1")]
    order = [made[n] for n in (1, 2, 4, 3, 0)]
    assert await every_page(resort, "/places?limit=2") == order
    assert await resort.statements(resort.guest, "/places?limit=2") == 1
    assert await resort.statements(resort.guest, "/places?limit=100") == 1


async def test_a_cursor_is_good_for_its_own_list_alone(resort: Resort) -> None:
    for n in range(3):
        await named(resort, f"Demo {n}")
    cursor = (await resort.get(resort.guest, "/places?limit=1")).json()["next"]
    for path in (
        f"/places?category=museum&cursor={cursor}",
        "/places?cursor=nonsense",
        f"/places?cursor={cursor}x",
    ):
        assert (await resort.get(resort.guest, path)).json()["code"] == "bad_cursor"


async def test_a_cursor_somebody_made_up_is_refused(resort: Resort) -> None:
    await named(resort, "A"), await named(resort, "B")
    box = "/places?bbox=106.5,-6.4,106.8,-6.0"
    real = (await resort.get(resort.guest, f"{box}&limit=1")).json()["next"]
    (_, place_id), digest = json.loads(base64.urlsafe_b64decode(real + "=="))
    for distance in (10**310, True, "1", None):
        text = json.dumps([[distance, place_id], digest]).encode()
        forged = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
        assert (await resort.get(resort.guest, f"{box}&cursor={forged}")).json()["code"] == "bad_cursor"


async def test_places_are_found_by_kind_district_and_the_beginning_of_the_name(resort: Resort) -> None:
    museum = await named(resort, "Museum Kota")
    park = await named(resort, "Taman Kota", category="park", point=NORTH)
    assert await slugs(resort, "/places?category=park") == [park]
    assert await slugs(resort, "/places?district=36.71.01") == [museum]
    assert await slugs(resort, "/places?category=park&district=36.71.01") == []
    assert await slugs(resort, "/places?q=MUSÉUM%20k") == [museum]
    assert await slugs(resort, "/places?q=kota") == []
    assert await slugs(resort, "/places?q=%3F%21") == [], "nothing is named so; it does not mean everything"
    assert set(await slugs(resort, "/places?q=%20")) == {museum, park}


async def test_from_where_somebody_stands_the_list_goes_outward_page_by_page(resort: Resort) -> None:
    far = await named(resort, "A", point=NORTH)
    near = await named(resort, "C", point=CENTRE | {"lat": CENTRE["lat"] + 0.002})
    here = await named(resort, "B", point=CENTRE, category="park")
    path = f"/places?lat={CENTRE['lat']}&lon={CENTRE['lon']}"
    assert await every_page(resort, f"{path}&limit=1") == [here, near, far]
    assert await slugs(resort, f"{path}&category=museum") == [near, far]
    assert await slugs(resort, f"/places?lat={NORTH['lat']}&lon={NORTH['lon']}&limit=1") == [far]
    box = "&bbox=106.6258,-6.1923,106.6458,-6.1723"
    assert await slugs(resort, f"/places?lat={NORTH['lat']}&lon={NORTH['lon']}{box}") == [near, here]
    assert await resort.statements(resort.guest, path) == 1


@pytest.mark.parametrize("wrong", ["lat=-6.1", "lon=106.6", "lat=91&lon=106",
                                   "category=volcano", "district=36.71.01.1001", "district=x", "bbox=1,2,3",
                                   "bbox=106.7,-6.2,106.6,-6.1", "bbox=nan,0,0,0", "limit=101"])  # fmt: skip
async def test_what_nobody_knows_is_refused(resort: Resort, wrong: str) -> None:
    assert (await resort.get(resort.guest, f"/places?{wrong}")).status_code == 422


async def test_a_box_is_told_from_its_middle_outward_page_by_page(resort: Resort) -> None:
    west = {"lat": CENTRE["lat"], "lon": CENTRE["lon"] - 0.002}
    farther = {"lat": CENTRE["lat"] - 0.003, "lon": CENTRE["lon"]}
    made = [await named(resort, name, point=point) for name, point in
            (("A", farther), ("B", CENTRE), ("C", west), ("D", NORTH))]  # fmt: skip
    box = "/places?bbox=106.6258,-6.1923,106.6458,-6.1723"
    assert await slugs(resort, box) == [made[1], made[2], made[0]]
    assert await every_page(resort, f"{box}&limit=1") == [made[1], made[2], made[0]]
    assert await slugs(resort, f"{box}&category=park") == []


async def test_open_now_is_what_the_clock_says_and_pages_may_be_short(resort: Resort) -> None:
    always = await named(resort, "Buka", hours="24 jam")
    await named(resort, "Tutup", hours="tutup")
    await named(resort, "Libur", hours="Selasa 08.00-10.00")
    await resort.add(hours=None)
    await named(resort, "Berhenti", hours="24 jam", status="closed")
    again = await named(resort, "Warung", hours="Senin 08.00-10.00")
    assert await slugs(resort, "/places?open_now=true") == [always, again]
    assert await every_page(resort, "/places?open_now=true&limit=1") == [always, again]


async def test_a_mix_of_kinds_is_one_call_and_one_statement_each_kind_nearest_first(resort: Resort) -> None:
    def beside(metres: float) -> dict[str, float]:
        return {"lat": CENTRE["lat"] + metres / 111_195, "lon": CENTRE["lon"]}

    for kind in ("fuel", "atm", "place_of_worship"):
        for metres in (900, 100, 500):
            await named(resort, f"{kind} {metres}", category=kind, point=beside(metres), hours="24 jam")
    mix = "place_of_worship:3,fuel:2,museum,atm:1"
    path = f"/nearby?lat={CENTRE['lat']}&lon={CENTRE['lon']}&mix={mix}&mode=foot"
    read = (await resort.get(resort.guest, path, Accept_Language="en")).json()
    found = {
        g["category"]["code"]: [(i["name"], i["straight_m"]) for i in g["items"]] for g in read["groups"]
    }
    assert found == {
        "place_of_worship": [(f"place_of_worship {n} (en)", n) for n in (100, 500, 900)],
        "fuel": [("fuel 100 (en)", 100), ("fuel 500 (en)", 500)],
        "museum": [],
        "atm": [("atm 100 (en)", 100)],
    }
    trip = read["groups"][0]["items"][1]["trip"]
    assert (trip["method"], trip["is_route"], trip["mode"]) == ("estimate", False, "foot")
    assert trip["distance_m"] == pytest.approx(725, abs=1)  # 500 m x 1.45
    assert trip["longest_m"] == pytest.approx(1_175, abs=1)  # x 2.35
    assert trip["duration_s"] == pytest.approx(522, abs=1)  # at 5 km/h
    assert trip["arrives_at"] == "2026-02-02T09:09:00+07:00"  # after 8 minutes and 42 seconds
    assert await resort.statements(resort.guest, path) == 1


async def test_what_is_closed_on_arrival_is_told_or_left_out(resort: Resort) -> None:
    far = {"lat": CENTRE["lat"] + 0.02, "lon": CENTRE["lon"]}  # some 2.2 km: 39 minutes on foot
    closing = await named(resort, "Tutup sebentar lagi", category="atm", point=far, hours="08.00-09.30")
    opening = await named(resort, "Buka sebentar lagi", category="atm", point=far, hours="09.30-12.00")
    silent = await named(resort, "Tidak tahu", category="atm", point=far, hours=None)
    path = f"/nearby?lat={CENTRE['lat']}&lon={CENTRE['lon']}&mix=atm:3&mode=foot"

    def states(read: dict[str, Any]) -> dict[str, tuple[str, str]]:
        items = read["groups"][0]["items"]
        return {i["slug"]: (i["open"]["state"]["code"], i["open_on_arrival"]["state"]["code"]) for i in items}

    assert states((await resort.get(resort.guest, path)).json()) == {
        closing: ("open", "closed"),
        opening: ("closed", "open"),
        silent: ("unknown", "unknown"),
    }
    assert set(states((await resort.get(resort.guest, f"{path}&open_on_arrival=true")).json())) == {
        opening,
        silent,
    }
    later = f"{path}&open_on_arrival=true&arrive_at=2026-02-02T08:15:00%2B07:00"
    assert set(states((await resort.get(resort.guest, later)).json())) == {closing, silent}


@pytest.mark.parametrize("mix", ["", "volcano", "atm:0", "atm:21", "atm,atm", "atm:-1", "atm;fuel", "atm:3:4",
                                 "atm,fuel,park,museum,hotel,station,market,hospital,sight"])  # fmt: skip
async def test_a_mix_that_makes_no_sense_is_refused(resort: Resort, mix: str) -> None:
    answer = await resort.get(resort.guest, f"/nearby?lat=-6.17&lon=106.63&mix={mix}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "mix")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"])
async def test_an_arrival_beyond_every_calendar_is_refused(resort: Resort, moment: str) -> None:
    path = f"/nearby?lat=-6.17&lon=106.63&mix=atm&arrive_at={moment}"
    answer = await resort.get(resort.guest, path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "arrive_at")


async def test_nothing_of_a_place_that_left_the_map_is_listed(resort: Resort) -> None:
    await resort.add(status="withdrawn", category="atm")
    await resort.add(status="draft", category="atm")
    assert await slugs(resort, "/places") == []
    assert await slugs(resort, "/places?bbox=106.5,-6.4,106.8,-6.0") == []
    near = (await resort.get(resort.guest, "/nearby?lat=-6.17&lon=106.63&mix=atm")).json()
    assert near["groups"][0]["items"] == []


async def test_the_seeds_of_the_pack_stand_in_the_right_village_and_what_staff_changed_stays(
    resort: Resort,
) -> None:
    from shared.seeds import sow
    from svc_tourism.app import SERVICE

    async def sown() -> Any:
        async with resort.run.database.transaction() as session:
            (result,) = await sow(session, resort.run, SERVICE.seeds, datetime(2026, 2, 2, tzinfo=UTC))
            return result

    assert (await sown()).inserted == 53
    demo = (await resort.get(resort.guest, "/places/demo-museum-contoh-kota")).json()
    assert (demo["source"], demo["area"]["village"]["label"]) == ("demo", "Sukasari")
    hospital = (await resort.get(resort.guest, "/places/rsud-kota-tangerang")).json()
    assert hospital["attribution"] == "© OpenStreetMap contributors, ODbL"
    assert {fact["checked_at"] for fact in hospital["facts"]} == {None}
    form = (await resort.get(resort.editor, "/editing/demo-museum-contoh-kota")).json()
    assert (form["opening_hours"], form["ramadan_hours"]) == (
        "Tu-Su 09:00-15:00; Mo closed; PH closed",
        "09:00-14:00",
    )
    changed = {key: form[key] for key in ("category", "name", "point", "source")} | {"status": "published"}
    assert (await resort.put(resort.editor, "/places/demo-museum-contoh-kota", changed)).status_code == 200
    again = await sown()
    assert (again.inserted, again.differ) == (0, ["demo-museum-contoh-kota"])
    assert len(await resort.told(demo["id"])) == 6
