"""The main job: from a resident's phone to done, told at every step, on a chain that verifies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from deploy.local.actors import Listener, photo
from shared.chain.verify import verify

Body = Callable[..., dict[str, Any]]
LAT, LON = -6.1783, 106.6319


async def test_a_pothole_is_reported_repaired_checked_and_told_at_every_step(
    city: Any, pothole: Body
) -> None:
    resident = await city.resident()
    listener = Listener(resident)
    media = await resident.upload(photo(LAT, LON, city.clock.now(), "demo"))
    assert media["captured_at"] == "2026-02-02T09:00:00+07:00"
    assert abs(media["captured_point"]["lat"] - LAT) < 1e-4
    report = await resident.post("/v1/laksa/reports", pothole(media=[media["receipt"]]))
    assert report["agency"]["code"] == "dpupr"
    assert (report["state"]["code"], report["area"]["district"]["label"]) == ("received", "Tangerang")

    path = f"/v1/laksa/reports/{report['id']}"
    officer, verifier = await city.officer("laksa_officer"), await city.officer("laksa_verifier")
    queue = await officer.get("/v1/laksa/queue")
    assert report["id"] in [item["id"] for item in queue["items"]]
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    city.clock.advance(timedelta(minutes=5))
    evidence = await officer.upload(photo(LAT, LON, city.clock.now(), "demo: selesai"))
    finished = await officer.post(f"{path}/finish", {"evidence": [{"receipt": evidence["receipt"]}]})
    assert finished["state"]["code"] == "finished"
    await verifier.post(f"{path}/verify", {"passed": True})

    await listener.until(5)
    await listener.close()
    assert [d["state"] for _, d in listener.heard] == ["received", "assigned", "in_work", "finished", "done"]
    assert {name for name, _ in listener.heard} == {"request_updated"}
    timeline = await resident.get(f"{path}/timeline")
    assert [i["state"]["label"] for i in timeline["items"]] == [
        "Menunggu", "Disposisi", "Proses", "Verifikasi", "Selesai",
    ]  # fmt: skip
    (mine,) = [r for r in (await resident.get("/v1/me/requests"))["items"] if r["number"] == report["code"]]
    assert (mine["state"], mine["closed"]) == ("done", True)


async def test_the_photo_that_others_see_tells_nothing_of_the_phone(city: Any, pothole: Body) -> None:
    resident = await city.resident()
    media = await resident.upload(photo(LAT, LON, city.clock.now(), "demo"))
    for variant in ("thumb", "small", "full"):
        answer = await city.http.get(media["urls"][variant])
        assert answer.status_code == 200
        assert b"Exif" not in answer.content
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_step_is_in_the_ledger_and_the_chain_is_whole(city: Any) -> None:
    runtime = city.laksa.state.runtime
    while await runtime.sequencer.chain_waiting():
        continue
    async with runtime.database.transaction() as session:
        verdict = await verify(session)
    assert (verdict.broken, verdict.waiting) == (None, 0)
    assert verdict.links >= 5
    ledger = await city.guest().get("/v1/laksa/ledger")
    assert len(ledger["items"]) >= 5
    assert all(UUID(item["entity"]) for item in ledger["items"])


async def test_my_requests_belong_to_me_alone(city: Any) -> None:
    other = await city.resident(1)
    assert (await other.get("/v1/me/requests"))["items"] == []
