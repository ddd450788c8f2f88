"""Ninety days in seconds: what is due is done, and a restart in between never does it twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from deploy.local.actors import Actor, photo
from shared.clock import ManualClock

Body = Callable[..., dict[str, Any]]
LAT, LON = -6.1783, 106.6319


async def steps(resident: Actor, path: str) -> list[str]:
    return [item["action"] for item in (await resident.get(f"{path}/timeline"))["items"]]


async def walk_to_done(city: Any, path: str) -> None:
    officer, verifier = await city.officer("laksa_officer"), await city.officer("laksa_verifier")
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    city.clock.advance(timedelta(minutes=1))
    evidence = await officer.upload(photo(LAT, LON, city.clock.now(), "demo"))
    await officer.post(f"{path}/finish", {"evidence": [{"receipt": evidence["receipt"]}]})
    await verifier.post(f"{path}/verify", {"passed": True})


async def test_a_forgotten_report_is_called_late_once_in_ninety_days(
    start_city: Callable[[], Any], clock: ManualClock, pothole: Body
) -> None:
    async with start_city() as city:
        report = await (await city.resident()).post("/v1/laksa/reports", pothole())
        path = f"/v1/laksa/reports/{report['id']}"
        for _ in range(90):
            clock.advance(timedelta(days=1))
            await city.timers()
        resident = await city.resident()
        assert (await steps(resident, path)).count("expire") == 1
        seen = await resident.get(path)
        assert (seen["state"]["code"], seen["deadline"]["overdue"]) == ("received", True)
        assert seen["deadline"]["days_left"] < -60


async def test_a_restart_between_due_and_done_closes_a_report_once(
    start_city: Callable[[], Any], clock: ManualClock, pothole: Body
) -> None:
    async with start_city() as city:
        report = await (await city.resident()).post("/v1/laksa/reports", pothole())
        path = f"/v1/laksa/reports/{report['id']}"
        await walk_to_done(city, path)
    clock.advance(timedelta(days=8))
    for _ in range(2):
        async with start_city() as city:
            await city.timers()
            resident = await city.resident()
            assert (await steps(resident, path)).count("close") == 1
            late = await resident.call("POST", f"{path}/challenge", body={"reason": "demo: masih berlubang"})
            assert late.status_code == 409
