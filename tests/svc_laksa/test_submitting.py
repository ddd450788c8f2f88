"""Sending a report: routing, deadline, guests, the city's border, photos."""

from datetime import datetime, timedelta
from typing import Any

from shared.auth import Caller
from tests.svc_laksa.town import BOGOR, CENTRE, Town, report


async def test_the_rule_that_routed_a_report_is_kept_with_the_pack_it_came_from(town: Town) -> None:
    alley = await town.submit(category="lampu-gang-mati")
    officer = town.staff("laksa_officer", alley["agency"]["code"], "s-1")
    staff = (await town.get(officer, f"/reports/{alley['id']}")).json()
    assert alley["agency"]["code"] == "kecamatan-tangerang"
    assert staff["staff"]["rule"] == "lampu-gang-mati.tangerang"
    assert staff["staff"]["pack"] == town.run.city.digest
    assert staff["area"]["district"] == {"code": "36.71.01", "label": "Tangerang"}
    assert staff["area"]["approximate"] is True


async def test_the_deadline_counts_working_days_without_holidays(town: Town) -> None:
    """Ten days after Monday 2 February 2026: 16 and 17 February are joint leave and the Chinese New Year."""
    made = await town.submit()
    assert made["deadline"] == {
        "due_at": "2026-02-18T16:00:00+07:00",
        "running": True,
        "overdue": False,
        "days_left": 16,
    }
    assert made["received_at"].endswith("+07:00")


async def test_an_urgent_matter_is_due_in_hours_of_the_clock(town: Town) -> None:
    made = await town.submit(category="pohon-tumbang")
    assert datetime.fromisoformat(made["deadline"]["due_at"]) == town.clock.now() + timedelta(hours=4)


async def test_a_guest_reports_where_the_category_allows_it_and_finds_the_way_back(town: Town) -> None:
    made = await town.submit(town.guest, category="pungutan-liar", attributes={"unit": "Loket 3"})
    assert (made["state"]["code"], made["deadline"]["running"]) == ("moderation", True)
    token = {"X-Follow-Token": made["follow_token"]}
    assert (await town.get(town.guest, f"/reports/{made['code']}")).status_code == 404
    mine = (await town.get(town.guest, f"/reports/{made['code']}", headers=token)).json()
    assert (mine["view"], mine["description"], mine["actions"]) == (
        "mine",
        "Lubang besar di depan pasar",
        ["withdraw"],
    )
    withdrawn = await town.post(
        town.guest, f"/reports/{made['id']}/withdraw", {}, X_Follow_Token=made["follow_token"]
    )
    assert withdrawn.json()["state"]["code"] == "withdrawn"


async def test_a_guest_signs_in_where_the_category_wants_a_person(town: Town) -> None:
    answer = await town.post(town.guest, "/reports", report(category="ktp-kk"))
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


async def test_a_point_outside_the_city_is_asked_about_and_taken_if_the_resident_insists(town: Town) -> None:
    asked = await town.post(town.citizen, "/reports", report(point=BOGOR))
    assert (asked.status_code, asked.json()["code"]) == (422, "outside_city")
    assert "insist_outside" in asked.json()["detail"]
    assert asked.json()["errors"] == [
        {"field": "point", "code": "outside", "message": "Titik berada di luar wilayah kota."}
    ]
    made = await town.submit(point=BOGOR, insist_outside=True)
    assert (made["state"]["code"], made["agency"]["code"]) == ("coordination", "dpupr")
    assert (await town.act(town.moderator, made, "resume"))["state"]["code"] == "received"


async def test_a_photo_needs_a_receipt_of_one_s_own(town: Town) -> None:
    good = await town.submit(media=[town.receipt(town.citizen), town.receipt(town.citizen, type="image/png")])
    read = (await town.get(town.citizen, f"/reports/{good['id']}")).json()
    assert [file["kind"] for file in read["files"]] == ["photo", "photo"]
    assert read["files"][0]["thumb"].startswith(f"/v1/media/{read['files'][0]['media_id']}?v=thumb&exp=")
    for receipt in (town.receipt(town.other), "not.a.receipt"):
        refused = await town.post(town.citizen, "/reports", report(media=[receipt]))
        assert (refused.status_code, refused.json()["code"]) == (422, "media_receipt_bad")


async def test_every_category_of_the_pack_takes_a_report_and_knows_its_agency(town: Town) -> None:
    tree = (await town.get(town.guest, "/categories", headers={"Accept-Language": "en"})).json()
    leaves = [leaf for group in tree["groups"] for leaf in group["categories"]]
    assert len(leaves) >= 40
    agencies = {item["code"] for item in (await town.get(town.guest, "/agencies")).json()["items"]}
    for leaf in leaves:
        made = await town.submit(category=leaf["code"], attributes=answers(leaf))
        assert made["agency"]["code"] in agencies
        assert made["category"]["code"] == leaf["code"]
        assert (
            made["point"] == CENTRE
            or leaf["coarse_location"]
            or leaf["privacy"] in ("confidential", "police")
        )


def answers(leaf: dict[str, Any]) -> dict[str, Any]:
    """Something for each required question."""
    found: dict[str, Any] = {}
    for question in leaf["questions"]:
        if question["required"]:
            key = question["values"][0]["code"] if question["values"] else "1"
            found[question["code"]] = [key] if question["datatype"] == "multivaluelist" else key
    return found


async def test_staff_without_a_citizen_account_report_like_guests(town: Town) -> None:
    clerk = Caller(kind="staff", sub="s-clerk", roles=frozenset({"laksa_counter"}))
    made = await town.submit(clerk)
    assert made["follow_token"]
