"""Who may do and see what, through the front door."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.actors import Actor, photo

Body = Callable[..., dict[str, Any]]
LAT, LON = -6.1783, 106.6319


async def reported(city: Any, body: dict[str, Any]) -> str:
    report = await (await city.resident()).post("/v1/laksa/reports", body)
    return f"/v1/laksa/reports/{report['id']}"


async def status(actor: Actor, path: str, body: Any = None) -> tuple[int, str]:
    answer = await actor.call("POST", path, body=body)
    return answer.status_code, answer.json().get("code", "")


async def finish(city: Any, officer: Actor, path: str) -> None:
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    city.clock.advance(timedelta(minutes=1))
    evidence = await officer.upload(photo(LAT, LON, city.clock.now(), "demo"))
    await officer.post(f"{path}/finish", {"evidence": [{"receipt": evidence["receipt"]}]})


async def test_who_worked_on_it_cannot_verify_it(city: Any, pothole: Body) -> None:
    path = await reported(city, pothole())
    await finish(city, await city.officer("laksa_officer"), path)
    officer = await city.officer("laksa_officer")
    assert (await status(officer, f"{path}/verify", {"passed": True}))[0] == 403


async def test_without_evidence_nothing_is_finished(city: Any, pothole: Body) -> None:
    path = await reported(city, pothole())
    officer = await city.officer("laksa_officer")
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    assert await status(officer, f"{path}/finish", {"note": "demo"}) == (422, "evidence_missing")


async def test_a_step_that_the_table_does_not_list_is_refused(city: Any, pothole: Body) -> None:
    path = await reported(city, pothole())
    officer, verifier = await city.officer("laksa_officer"), await city.officer("laksa_verifier")
    assert (await status(officer, f"{path}/start"))[0] == 409
    assert (await status(verifier, f"{path}/verify", {"passed": True}))[0] == 409
    assert (await status(await city.resident(), f"{path}/answer", {"text": "demo"}))[0] in (
        409,
        422,
    )


async def test_a_private_report_is_not_there_for_others(city: Any, pothole: Body) -> None:
    path = await reported(city, pothole(category=await confidential(city)))
    neighbour, stranger = await city.resident(1), city.guest()
    for actor in (neighbour, stranger, await city.officer("laksa_officer_2")):
        answer = await actor.call("GET", path)
        nowhere = await actor.call("GET", "/v1/laksa/reports/0192e4a0-0000-7000-8000-000000000000")
        assert (answer.status_code, nowhere.status_code) == (404, 404)
        assert answer.json()["detail"] == nowhere.json()["detail"]
    assert (await (await city.resident()).call("GET", path)).status_code == 200


async def confidential(city: Any) -> str:
    """A confidential category that asks nothing."""
    groups = (await city.guest().get("/v1/laksa/categories"))["groups"]
    leaves = [leaf for group in groups for leaf in group["categories"]]
    return next(
        leaf["code"]
        for leaf in leaves
        if leaf["privacy"] == "confidential" and not any(q["required"] for q in leaf["questions"])
    )


async def test_an_officer_of_another_agency_sees_the_public_view_and_can_do_nothing(
    city: Any, pothole: Body
) -> None:
    path = await reported(city, pothole())
    other = await city.officer("laksa_officer_2")
    assert (await status(other, f"{path}/assign"))[0] == 404
    assert (await other.call("GET", f"{path}?view=staff")).status_code == 404
    seen = await other.get(path)
    assert (seen["view"], seen["staff"], seen["actions"]) == ("public", None, [])


@pytest.mark.parametrize("action", ["assign", "start", "finish", "verify", "reject", "hand-over"])
async def test_residents_and_guests_cannot_do_the_agencys_work(city: Any, pothole: Body, action: str) -> None:
    path = await reported(city, pothole())
    assert (await status(city.guest(), f"{path}/{action}"))[0] == 401
    assert (await status(await city.resident(), f"{path}/{action}"))[0] == 403


async def test_head_of_a_stream_ends_and_gives_its_place_back(city: Any) -> None:
    resident = await city.resident()
    for _ in range(8):  # more than one person may have open
        answer = await resident.call("HEAD", "/v1/me/stream")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/event-stream")
