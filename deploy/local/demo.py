"""`make demo`: one report from phone to done on the running stack, with what the resident sees."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from deploy.local.actors import Actor, Listener, photo
from shared.ids import new_id

_RUN = Path(os.environ.get("RUN_FOLDER", ".run")) / "demo.json"


def say(line: str = "") -> None:
    """One line for the person who watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def demo(stack: dict[str, Any]) -> None:
    """Walks the report and prints timeline and events; ends with an error if anything is not as promised."""
    async with httpx.AsyncClient(base_url=stack["gateway"], timeout=30) as http:
        resident = Actor(http, stack["api_keys"]["android"])
        await resident.sign_in(stack["citizen"]["phone"], stack["citizen"]["otp"])
        listener = Listener(resident)
        try:
            report = await _submit(resident, stack["walk"])
            steps = 1 + await _work(http, stack, report)
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
    _expect(again == report, "sending again gave the same report")
    say(f"report    {report['code']}  {report['category']['label']}  to {report['agency']['label']}")
    say(f"deadline  {report['deadline']['due_at']}")
    return report


async def _work(http: httpx.AsyncClient, stack: dict[str, Any], report: dict[str, Any]) -> int:
    """The agency's steps and the check; answers how many there were."""
    path = f"/v1/laksa/reports/{report['id']}"
    key = stack["api_keys"]["web"]
    officer, verifier = Actor(http, key), Actor(http, key)
    await officer.sign_in_staff(_of_agency(stack, report["agency"]["code"]))
    await verifier.sign_in_staff(stack["staff"]["laksa_verifier"])
    await officer.post(f"{path}/assign")
    await officer.post(f"{path}/start")
    walk, now = stack["walk"], datetime.now(UTC).astimezone()
    evidence = await officer.upload(photo(walk["point"]["lat"], walk["point"]["lon"], now, walk["finished"]))
    done = {"evidence": [{"receipt": evidence["receipt"]}], "note": walk["finished"]}
    await officer.post(f"{path}/finish", done)
    own = await officer.call("POST", f"{path}/verify", body={"passed": True})
    _expect(own.status_code == 403, "who did the work cannot check it")
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
    _expect(mine["state"] == "done", "my requests says done")
    say(f"\nMy requests: {mine['number']} {mine['title']}: {mine['state_label']}")
    say("The public ledger of it: make ledger-verify")


def _of_agency(stack: dict[str, Any], agency: str) -> dict[str, Any]:
    for account in stack["staff"].values():
        if account.get("agency") == agency and account["username"].startswith("demo.officer"):
            found: dict[str, Any] = account
            return found
    raise SystemExit(f"demo: no demo officer for the agency {agency}; see demo-users.yaml of the city pack")


def _place(point: dict[str, float] | None) -> str:
    return "an unknown place" if point is None else f"{point['lat']:.4f}, {point['lon']:.4f}"


def _expect(good: bool, what: str) -> None:
    if not good:
        raise SystemExit(f"demo: expected that {what}; it is not so")


def main() -> None:
    """Needs a running stack (`make up`)."""
    if not _RUN.exists():
        raise SystemExit("demo: no running stack found; start one with: make up")
    try:
        asyncio.run(demo(json.loads(_RUN.read_text())))
    except httpx.HTTPStatusError as error:
        raise SystemExit(f"demo: {error}") from error
    except httpx.TransportError as error:
        raise SystemExit(f"demo: the stack does not answer ({error}); start it with: make up") from error


if __name__ == "__main__":
    main()
