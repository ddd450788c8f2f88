"""Registering and changing front ends at the administrator's desk."""

import asyncio
import json
import logging
from typing import Any

import pytest

from shared.testing import QueryRecorder

ALL = "/v1/admin/clients"


async def test_a_key_is_shown_once_and_kept_nowhere(desk: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await desk.send("POST", ALL, {"code": "shown-once", "name": "Situs", "type": "web"})
    assert answer.status_code == 201
    key = answer.json()["key"]
    assert answer.headers["location"] == f"{ALL}/shown-once"
    assert await desk.code_for(key) == "unauthenticated", "the key is good, and its bearer a guest"
    assert key not in await desk.everything_kept()
    assert key not in caplog.text
    for path in (ALL, f"{ALL}/shown-once", f"{ALL}/shown-once/usage", "/v1/admin/audits?limit=100"):
        assert key not in (await desk.get(path)).text
    assert key.encode() not in desk.run.metrics.exposition()


async def test_sent_again_it_is_the_same_front_end_with_the_same_key(desk: Any) -> None:
    body = {"code": "sent-again", "name": "Situs", "type": "web"}
    first = await desk.send("POST", ALL, body, once="the-same-key-1")
    again = await desk.send("POST", ALL, body, once="the-same-key-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await desk.send("POST", ALL, body)
    assert (other.status_code, other.json()["code"]) == (409, "client_exists")
    assert await desk.rows("SELECT count(*) FROM clients WHERE code = 'sent-again'") == [(1,)]
    assert (await desk.send("POST", ALL, body, once="x")).status_code == 400


async def test_of_two_who_register_one_code_at_once_one_does(desk: Any) -> None:
    body = {"code": "at-once", "name": "Situs", "type": "web"}
    answers = await asyncio.gather(*(desk.send("POST", ALL, body) for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(("role", "status"), [("officer", 403), ("citizen", 403), ("guest", 401)])
async def test_only_administrators_write_and_operators_read(desk: Any, role: str, status: int) -> None:
    writes = {
        ALL: {"code": "not-mine", "name": "x", "type": "web"},
        f"{ALL}/desk/rotate": {},
        f"{ALL}/desk/disable": {"reason": "leaked"},
        f"{ALL}/desk/enable": None,
        f"{ALL}/desk/end-old-key": None,
    }
    before = await desk.rows("SELECT version FROM clients WHERE code = 'desk'")
    for path, body in writes.items():
        assert (await desk.send("POST", path, body, role)).status_code == status
        assert (await desk.send("POST", path, body, "ops")).status_code == 403
    assert (await desk.send("PATCH", f"{ALL}/desk", {"name": "x"}, role)).status_code == status
    assert (await desk.send("DELETE", f"{ALL}/desk", None)).status_code == 405
    for path in (ALL, f"{ALL}/desk", f"{ALL}/desk/usage", "/v1/admin/usage"):
        assert (await desk.get(path, role)).status_code == status
        assert (await desk.get(path, "ops")).status_code == 200
    assert await desk.rows("SELECT version FROM clients WHERE code = 'desk'") == before


async def test_a_front_end_has_all_that_was_said_of_it(desk: Any) -> None:
    said = {
        "type": "mobile",
        "platform": "android",
        "owner": "diskominfo",
        "contact_office": "Bidang Aplikasi Informatika",
        "origins": ["https://Layanan.example.go.id/", "https://layanan.example.go.id:443"],
        "rate_per_second": 12.5,
        "burst": 40,
        "scopes": ["events:read", "events:read"],
        "notes": "demo",
    }
    await desk.add("all-fields", **said)
    read = (await desk.get(f"{ALL}/all-fields")).json()
    assert {name: read[name] for name in said} == {
        **said,
        "origins": ["https://layanan.example.go.id"],
        "scopes": ["events:read"],
    }
    assert (read["kind"], read["live_keys"], read["created_at"]) == (
        "front_end", 1, "2026-02-02T09:00:00+07:00",
    )  # fmt: skip
    assert (read["usage"], read["seen"], read["last_used_at"], read["disabled_at"]) == ([], [], None, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"owner": "no-such-agency"}, "owner"),
        ({"origins": ["https://a.example.go.id", "http://a.example.go.id"]}, "origins.1"),
        ({"origins": ["https://*.example.go.id"]}, "origins.0"),
        ({"origins": ["https://user@example.go.id"]}, "origins.0"),
        ({"origins": ["null"]}, "origins.0"),
        ({"origins": ["https://example.go.id/path"]}, "origins.0"),
        ({"origins": ["https://example.go.id:99999"]}, "origins.0"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"burst": 0}, "burst"),
        ({"scopes": ["Not A Scope"]}, "scopes.0"),
        ({"type": "toaster"}, "type"),
        ({"code": "UPPER"}, "code"),
    ],
)
async def test_a_slip_is_refused_at_its_field(desk: Any, wrong: dict[str, Any], field: str) -> None:
    answer = await desk.send("POST", ALL, {"code": "slip", "name": "x", "type": "web", **wrong})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field])


async def test_changing_needs_the_version_that_was_read(desk: Any) -> None:
    await desk.add("changed")
    read = await desk.get(f"{ALL}/changed")
    etag = read.headers["etag"]
    body = {"name": "Baru", "owner": "diskominfo", "rate_per_second": 3}
    first = await desk.send("PATCH", f"{ALL}/changed", body, **{"If-Match": etag})
    assert (first.status_code, first.json()["name"], first.json()["rate_per_second"]) == (200, "Baru", 3)
    stale = await desk.send("PATCH", f"{ALL}/changed", {"burst": 7}, **{"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    for step in ("rotate", "disable", "enable", "end-old-key"):
        sent = {"disable": {"reason": "unused"}, "rotate": {}}.get(step)
        answer = await desk.send("POST", f"{ALL}/changed/{step}", sent, **{"If-Match": etag})
        assert answer.status_code == 412
    same = await desk.send("PATCH", f"{ALL}/changed", {"name": "Baru"})
    assert same.headers["etag"] == first.headers["etag"], "nothing changed, so nothing is told"
    assert (await desk.send("PATCH", f"{ALL}/changed", {"name": None})).status_code == 422
    assert (await desk.send("PATCH", f"{ALL}/changed", {"owner": None})).json()["owner"] is None
    assert (await desk.send("PATCH", f"{ALL}/nobody", {"name": "x"})).status_code == 404


async def test_the_list_is_filtered_counted_and_paged(desk: Any) -> None:
    for number in range(5):
        await desk.add(f"paged-{number}", owner="dpupr", kind="partner" if number else "front_end")
    await desk.send("POST", f"{ALL}/paged-4/disable", {"reason": "unused"})
    found, cursor = [], None
    while True:
        page = (
            await desk.get(ALL, params={"q": "PAGED", "limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        found += [item["code"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == [f"paged-{n}" for n in range(5)]
    assert page["counts"] == {"active": 4, "disabled": 1, "no_key": 0}
    narrowed = await desk.get(ALL, params={"owner": "dpupr", "kind": "partner", "state": "active"})
    assert [item["code"] for item in narrowed.json()["items"]] == ["paged-1", "paged-2", "paged-3"]
    assert (await desk.get(ALL, params={"q": "100%_"})).json()["items"] == []
    assert (await desk.get(ALL, params={"cursor": "broken"})).json()["code"] == "bad_cursor"


async def test_a_page_costs_three_queries_however_long(desk: Any) -> None:
    for number in range(3):
        await desk.add(f"counted-{number}")
    with QueryRecorder().on(desk.run.database) as one:
        await desk.get(ALL, params={"limit": 1})
    with QueryRecorder().on(desk.run.database) as many:
        assert len((await desk.get(ALL, params={"limit": 100})).json()["items"]) > 3
    assert len(one) == len(many) == 3


async def test_everything_is_audited_with_who_did_it_and_no_secret(desk: Any) -> None:
    key = (await desk.add("audited", notes="nobody's business"))["key"]
    elsewhere = {"rate_per_second": 2.5, "origins": ["https://x.example"], "notes": "still nobody's"}
    await desk.send("PATCH", f"{ALL}/audited", elsewhere)
    rotated = (await desk.send("POST", f"{ALL}/audited/rotate", {"overlap_hours": 5})).json()["key"]
    await desk.send("POST", f"{ALL}/audited/end-old-key")
    await desk.send("POST", f"{ALL}/audited/disable", {"reason": "leaked"})
    await desk.send("POST", f"{ALL}/audited/enable")
    lines = (await desk.get("/v1/admin/audits", params={"subject": "client:audited"})).json()["items"]
    assert [(line["action"], line["actor"]) for line in reversed(lines)] == [
        (f"client_{what}", desk.admin)
        for what in ("registered", "changed", "key_rotated", "old_key_ended", "disabled", "enabled")
    ]
    facts = [line["facts"] for line in reversed(lines)]
    assert facts[0]["after"] | {"origins": [], "scopes": [], "burst": 1_000} == facts[0]["after"]
    before, after = facts[1]["before"], facts[1]["after"]
    assert (before["rate_per_second"], after["rate_per_second"]) == ("500", "2.5")
    assert (before["origins"], after["origins"]) == ([], ["https://x.example"])
    assert [each["notes"]["characters"] for each in (before, after)] == [17, 14]
    assert facts[2:5] == [{"overlap_hours": 5, "ended_oldest": False}, {}, {"reason": "leaked"}]
    told = json.dumps(lines)
    assert not [secret for secret in (key, rotated, "nobody") if secret in told]
