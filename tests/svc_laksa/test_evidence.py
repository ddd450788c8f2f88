"""Finished needs proof: made after the report, with a time and a place."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.laksa import WorkFinishedV1
from tests.svc_laksa.town import CENTRE, Town

FAR = {"lat": -6.18, "lon": 106.64}


async def in_work(town: Town) -> dict[str, Any]:
    made = await town.submit()
    await town.act(town.officer, made, "assign")
    return await town.act(town.officer, made, "start")


async def finish(town: Town, made: dict[str, Any], *evidence: dict[str, Any]) -> Any:
    return await town.post(town.officer, f"/reports/{made['id']}/finish", {"evidence": list(evidence)})


async def test_finished_without_evidence_is_refused(town: Town) -> None:
    answer = await finish(town, await in_work(town))
    assert (answer.status_code, answer.json()["code"]) == (422, "evidence_missing")
    assert answer.json()["errors"][0]["field"] == "evidence"


async def test_a_photo_from_before_the_report_proves_nothing(town: Town) -> None:
    made = await in_work(town)
    before = town.clock.now() - timedelta(days=1)
    town.clock.advance(timedelta(hours=1))
    receipt = town.receipt(town.officer, captured_at=before)
    stated_later = {"receipt": receipt, "taken_at": town.clock.now().isoformat()}
    answer = await finish(town, made, stated_later)
    assert answer.json()["errors"] == [
        {
            "field": "evidence.0",
            "code": "taken_before_report",
            "message": "Dibuat sebelum laporan masuk, atau waktunya di masa depan.",
        }
    ]


async def test_a_photo_of_the_future_proves_nothing(town: Town) -> None:
    made = await in_work(town)
    receipt = town.receipt(town.officer, captured_at=town.clock.now() + timedelta(days=1))
    assert (await finish(town, made, {"receipt": receipt})).status_code == 422


async def test_somebody_else_s_upload_is_no_evidence(town: Town) -> None:
    made = await in_work(town)
    town.clock.advance(timedelta(hours=1))
    answer = await finish(town, made, {"receipt": town.receipt(town.crew)})
    assert (answer.status_code, answer.json()["code"]) == (422, "media_receipt_bad")


@pytest.mark.parametrize(
    ("captured", "stated", "warnings"),
    [
        (CENTRE, None, []),
        (FAR, None, ["far_away"]),
        (FAR, CENTRE, ["far_away"]),
        (None, CENTRE, ["stated_by_hand"]),
        (None, FAR, ["far_away", "stated_by_hand"]),
        (None, None, ["place_unknown"]),
    ],
)
async def test_a_distant_or_unknown_place_is_warned_about_and_shown_to_the_verifier(
    town: Town, captured: dict[str, float] | None, stated: dict[str, float] | None, warnings: list[str]
) -> None:
    made = await in_work(town)
    town.clock.advance(timedelta(hours=1))
    place = {f"captured_{name}": value for name, value in (captured or {}).items()}
    receipt = town.receipt(town.officer, **place)
    answer = await finish(town, made, {"receipt": receipt} | ({"point": stated} if stated else {}))
    assert answer.status_code == 200, answer.text
    assert [warning["code"] for warning in answer.json()["warnings"]] == warnings
    (file,) = (await town.get(town.verifier, f"/reports/{made['id']}")).json()["files"]
    assert (file["kind"], (file["distance_m"] or 0) > 150) == ("evidence", "far_away" in warnings)


async def test_the_same_file_twice_counts_once_and_its_hash_stands_in_the_event(town: Town) -> None:
    made = await in_work(town)
    town.clock.advance(timedelta(hours=1))
    receipt = town.receipt(town.officer, type="application/pdf")
    assert (await finish(town, made, {"receipt": receipt}, {"receipt": receipt})).status_code == 200
    events = {event.name: event.data for event in await town.events(made["id"])}
    assert WorkFinishedV1.model_validate(events["work_finished.v1"]).evidence == 1
    assert len(events["media_attached.v1"]["media_ids"]) == 1


async def test_reopened_work_needs_new_evidence(town: Town) -> None:
    made = await in_work(town)
    town.clock.advance(timedelta(hours=1))
    old = town.receipt(town.officer)
    await finish(town, made, {"receipt": old})
    town.clock.advance(timedelta(hours=1))
    await town.act(town.verifier, made, "verify", {"passed": False, "note": "Belum"})
    await town.act(town.officer, made, "start")
    assert (await finish(town, made, {"receipt": old})).status_code == 422
    town.clock.advance(timedelta(hours=1))
    assert (await finish(town, made, {"receipt": town.receipt(town.officer)})).status_code == 200


async def test_an_answer_may_bring_the_photo_of_the_report_again(town: Town) -> None:
    receipt = town.receipt(town.citizen)
    made = await town.submit(media=[receipt])
    await town.act(town.officer, made, "ask", {"question": "Ada foto?"})
    await town.act(town.citizen, made, "answer", {"answer": "Ini", "media": [receipt, receipt]})


async def test_a_photo_uploaded_before_the_report_proves_nothing_whatever_its_camera_says(town: Town) -> None:
    ahead = town.clock.now() + timedelta(minutes=4)
    early = town.receipt(town.officer, captured_at=ahead)
    town.clock.advance(timedelta(seconds=1))
    made = await in_work(town)
    assert (await finish(town, made, {"receipt": early})).json()["code"] == "evidence_missing"


async def test_a_camera_that_writes_whole_seconds_is_believed(town: Town) -> None:
    town.clock.advance(timedelta(milliseconds=400))
    made = await in_work(town)
    whole = town.clock.now().replace(microsecond=0)
    town.clock.advance(timedelta(milliseconds=300))
    assert (
        await finish(town, made, {"receipt": town.receipt(town.officer, captured_at=whole)})
    ).status_code == 200


async def test_a_picture_that_stands_in_a_report_already_is_pointed_out(town: Town) -> None:
    first, second = await in_work(town), await in_work(town)
    town.clock.advance(timedelta(minutes=1))
    facts = {"captured_at": town.clock.now(), "captured_lat": CENTRE["lat"], "captured_lon": CENTRE["lon"]}
    receipt = town.receipt(town.officer, **facts)
    warned = [
        [w["code"] for w in (await finish(town, made, {"receipt": receipt})).json()["warnings"]]
        for made in (first, second)
    ]
    assert warned == [[], ["evidence_used_before"]]


async def test_an_assignee_is_an_id_and_nothing_else(town: Town) -> None:
    made = await town.submit()
    for odd in ("\x00", "‮evil", "a b", ""):
        answer = await town.post(town.officer, f"/reports/{made['id']}/assign", {"assignee": odd})
        assert answer.status_code == 422
