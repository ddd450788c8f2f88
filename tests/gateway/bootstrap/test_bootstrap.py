"""What an app hears when it starts: updates, flags, the city."""

from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text

from shared.testing import QueryRecorder

VERSIONS = "/v1/admin/app-versions"
FLAGS = "/v1/admin/flags"
STORE = "https://play.example/app"


async def test_a_guest_reads_all_that_an_app_needs(client: AsyncClient) -> None:
    answer = await client.get("/v1/bootstrap")
    assert answer.status_code == 200
    body = answer.json()
    assert body["update"]["needed"] == "none"
    assert body["city"]["name"] == "Kota Tangerang"
    assert body["city"]["languages"] == ["id", "en"]
    assert body["city"]["colours"]["primary"].startswith("#")
    assert "112" in [contact["value"] for contact in body["city"]["contacts"]]
    assert body["links"]["menus"] == "/v1/menus"
    assert len(answer.content) < 4_096
    assert {"X-App-Platform", "X-App-Version"} <= {n.strip() for n in answer.headers["Vary"].split(",")}


async def test_asking_costs_no_query(client: AsyncClient, app: FastAPI, begin: Any) -> None:
    """Versions differ, so that no answer is a kept one; the memory may be read anew beside it."""
    with QueryRecorder().on(app.state.runtime.database) as queries:
        for patch in range(30):
            await begin("android", f"3.0.{patch}")
        asked = [each for each in queries.statements if "FROM app_versions" in each]
    assert len(asked) <= 3


async def test_an_answer_that_is_known_is_not_sent_again(client: AsyncClient) -> None:
    first = await client.get("/v1/bootstrap")
    again = await client.get("/v1/bootstrap", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_update_is_forced_only_when_required_and_newer(
    client: AsyncClient, staff: Any, begin: Any, until: Any
) -> None:
    body = {"latest": "1.10.0", "required": True, "store": STORE}
    assert (await client.put(f"{VERSIONS}/android", json=body, headers=staff("admin"))).status_code == 200

    async def old() -> Any:
        return (await begin("android", "1.9.0"))["update"]["needed"]

    await until(old, "required")
    update = (await begin("android", "1.9.0", "en"))["update"]
    assert (update["latest"], update["store"]) == ("1.10.0", STORE)
    assert update["message"].startswith("This version of the app is too old")
    for version in ("1.10.0", "1.10", "1.10.0+build.7", "1.11.0", "2.0.0-beta", "junk", "", "1." * 200):
        assert (await begin("android", version))["update"]["needed"] == "none", version
    for platform in ("web", "ios", "symbian", ""):
        assert (await begin(platform, "1.0.0"))["update"]["needed"] == "none", platform
    wished = {
        "latest": "1.10.0",
        "minimum": "1.8.0",
        "message": {"id": "Ada yang baru", "en": "Something new"},
    }
    assert (await client.put(f"{VERSIONS}/android", json=wished, headers=staff("admin"))).status_code == 200
    await until(old, "recommended")
    assert (await begin("android", "1.9.0"))["update"]["message"] == "Ada yang baru"
    assert (await begin("android", "1.7.9"))["update"]["needed"] == "required"
    assert (await client.delete(f"{VERSIONS}/android", headers=staff("admin"))).status_code == 204
    await until(old, "none")


async def test_a_browser_has_no_version_to_keep(client: AsyncClient, staff: Any) -> None:
    answer = await client.put(f"{VERSIONS}/web", json={"latest": "1.0.0"}, headers=staff("admin"))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"latest": "new"},
        {"latest": "1.0.0", "minimum": "2.0.0"},
        {"latest": "1.0.0", "store": "javascript:x"},
    ],
)
async def test_a_record_that_could_lock_people_out_is_refused(
    client: AsyncClient, staff: Any, wrong: dict[str, Any]
) -> None:
    answer = await client.put(f"{VERSIONS}/ios", json=wrong, headers=staff("admin"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_flag_is_on_for_those_it_is_meant_for(
    client: AsyncClient, staff: Any, begin: Any, until: Any
) -> None:
    body = {"is_on": True, "purpose": "Try the new map", "platforms": ["android"], "from_version": "1.10.0"}
    assert (await client.put(f"{FLAGS}/new-map", json=body, headers=staff("admin"))).status_code == 200

    async def new_app() -> Any:
        return (await begin("android", "1.10.1"))["flags"].get("new-map")

    await until(new_app, True)
    assert (await begin("android", "1.9.9"))["flags"] == {"new-map": False}
    assert (await begin("ios", "1.10.1"))["flags"] == {"new-map": False}
    listed = (await client.get(FLAGS, headers=staff("admin"))).json()["items"]
    assert [(each["name"], each["version"]) for each in listed] == [("new-map", 1)]
    assert (await client.delete(f"{FLAGS}/new-map", headers=staff("admin"))).status_code == 204
    await until(new_app, None)
    assert (await client.delete(f"{FLAGS}/new-map", headers=staff("admin"))).status_code == 404


async def test_of_two_who_change_the_same_flag_the_second_is_told(client: AsyncClient, staff: Any) -> None:
    body = {"is_on": True, "purpose": "Both"}
    first = await client.put(f"{FLAGS}/both", json=body, headers=staff("admin"))
    held = {"If-Match": first.headers["ETag"]}
    assert (await client.put(f"{FLAGS}/both", json=body, headers=staff("admin") | held)).status_code == 200
    assert (await client.put(f"{FLAGS}/both", json=body, headers=staff("admin") | held)).status_code == 412


@pytest.mark.parametrize("path", [f"{FLAGS}/x", f"{VERSIONS}/ios"])
async def test_nobody_but_an_admin_changes_it(client: AsyncClient, staff: Any, path: str) -> None:
    body = {"is_on": True, "purpose": "x", "latest": "1.0.0"}
    assert (await client.put(path, json=body)).status_code == 401
    assert (await client.put(path, json=body, headers=staff("ops"))).status_code == 403


async def test_what_was_said_is_audited_with_what_stood_there_before(
    client: AsyncClient, app: FastAPI, staff: Any
) -> None:
    aim = {"platforms": ["ios"], "from_version": "1.2.0", "below_version": None}
    for body in ({"is_on": True, **aim}, {"is_on": False, **aim}):
        sent = await client.put(f"{FLAGS}/kept", json={"purpose": "Kept", **body}, headers=staff("admin"))
        assert sent.status_code == 200
    assert (await client.delete(f"{FLAGS}/kept", headers=staff("admin"))).status_code == 204
    lines = await audited(app, "flag:kept")
    assert [line[:2] for line in lines] == [("s1", "flag_said")] * 2 + [("s1", "flag_dropped")]
    state = {"purpose": {"sha256": sha256(b"Kept").hexdigest(), "characters": 4}, **aim}
    assert [line[2] for line in lines] == [
        {"version": 1, "after": {"is_on": True, **state}},
        {"version": 2, "before": {"is_on": True}, "after": {"is_on": False}},
        {"version": 3, "before": {"is_on": False, **state}},
    ]


async def test_the_audit_keeps_which_store_people_were_sent_to(
    client: AsyncClient, app: FastAPI, staff: Any
) -> None:
    said = {"latest": "9.0.0", "minimum": "8.0.0", "required": True}
    for store in ("https://store.example.go.id/a", "https://elsewhere.example/a"):
        sent = await client.put(f"{VERSIONS}/ios", json={**said, "store": store}, headers=staff("admin"))
        assert sent.status_code == 200
    assert (await client.delete(f"{VERSIONS}/ios", headers=staff("admin"))).status_code == 204
    *_, changed, dropped = [facts for _, _, facts in await audited(app, "app_version:ios")]
    assert changed["before"] == {"store": "https://store.example.go.id/a"}
    assert changed["after"] == {"store": "https://elsewhere.example/a"}
    assert dropped["before"] == {**said, "message": {}, "store": "https://elsewhere.example/a"}


async def audited(app: FastAPI, subject: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(actor, action, facts) of what was done to it, in that order."""
    wanted = text("SELECT actor, action, facts FROM audits WHERE subject = :subject ORDER BY id")
    async with app.state.runtime.database.transaction() as session:
        return [(row[0], row[1], row[2]) for row in await session.execute(wanted, {"subject": subject})]
