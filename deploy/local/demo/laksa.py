"""One report from phone to done, with what the resident sees."""

from datetime import UTC, datetime
from typing import Any

from deploy.local.actors import Actor, Listener, photo
from deploy.local.demo.telling import Town, expect, say
from shared.ids import new_id


async def walk(town: Town) -> None:
    """Prints timeline and events of a report; ends with an error if anything is not as promised."""
    resident = await town.resident()
    listener = Listener(resident)
    try:
        report = await _submit(resident, town.facts["walk"])
        steps = 1 + await _work(town, report)
        await listener.until(steps)
        await _show(resident, report, listener)
    finally:
        await listener.close()


async def _submit(resident: Actor, walk: dict[str, Any]) -> dict[str, Any]:
    point, taken = walk["point"], datetime.now(UTC).astimezone()
    media = await resident.upload(photo(point["lat"], point["lon"], taken, "demo"))
    say(f"photo     taken {media['captured_at']} at {_place(media['captured_point'])}, read from the file")
    body = {
        "id": str(new_id()),
        "category": walk["category"],
        "description": walk["description"],
        "point": point,
        "attributes": walk["answers"],
        "media": [media["receipt"]],
    }
    report: dict[str, Any] = await resident.post("/v1/laksa/reports", body)
    again = await resident.post("/v1/laksa/reports", body)
    expect(again == report, "sending again gave the same report")
    say(f"report    {report['code']}  {report['category']['label']}  to {report['agency']['label']}")
    say(f"deadline  {report['deadline']['due_at']}")
    return report


async def _work(town: Town, report: dict[str, Any]) -> int:
    """The agency's steps and the check; answers how many there were."""
    path = f"/v1/laksa/reports/{report['id']}"
    officer = town.guest()
    await officer.sign_in_staff(_of_agency(town.facts, report["agency"]["code"]))
    verifier = await town.staff("laksa_verifier")
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    walk, now = town.facts["walk"], datetime.now(UTC).astimezone()
    evidence = await officer.upload(photo(walk["point"]["lat"], walk["point"]["lon"], now, walk["finished"]))
    done = {"evidence": [{"receipt": evidence["receipt"]}], "note": walk["finished"]}
    await officer.post(f"{path}/finish", done)
    own = await officer.call("POST", f"{path}/verify", body={"passed": True})
    expect(own.status_code == 403, "who did the work cannot check it")
    await verifier.post(f"{path}/verify", {"passed": True, "note": "demo: diperiksa di tempat"})
    return 4


async def _show(resident: Actor, report: dict[str, Any], listener: Listener) -> None:
    say("\nWhat the resident sees")
    for item in (await resident.get(f"/v1/laksa/reports/{report['id']}/timeline"))["items"]:
        say(f"  {item['at'][:19]}  {item['state']['label']:<14} {item['text']}")
        if item["message"]:
            say(f'  {"":<34} "{item["message"]}"')
    say("\nWhat the open app was told, as it happened (server-sent events)")
    for name, data in listener.heard:
        say(f"  {name:<16} {data['number']}  {data['state_label']:<14} {data['next_step']}")
    (mine,) = [r for r in (await resident.get("/v1/me/requests"))["items"] if r["number"] == report["code"]]
    expect(mine["state"] == "done", "my requests says done")
    say(f"\nMy requests: {mine['number']} {mine['title']}: {mine['state_label']}")
    say("The public ledger of it: make ledger-verify")


def _of_agency(facts: dict[str, Any], agency: str) -> dict[str, Any]:
    for account in facts["staff"].values():
        if account.get("agency") == agency and account["username"].startswith("demo.officer"):
            found: dict[str, Any] = account
            return found
    raise SystemExit(f"demo: no demo officer for the agency {agency}; see demo-users.yaml of the city pack")


def _place(point: dict[str, float] | None) -> str:
    return "an unknown place" if point is None else f"{point['lat']:.4f}, {point['lon']:.4f}"
