"""An administrator lets systems of the city join, suspends them and lets them back; agreements end."""

import statistics
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.audits.models import Audit
from gateway.providers.models import Provider
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import free_port
from tests.gateway.providers.conftest import AGREEMENT, NEW, Town, until

ADMIN = "/v1/admin/providers"


async def everything_written(town: Town) -> str:
    """All rows of all tables but the sealed answers, as text."""
    async with town.run.database.transaction() as session:
        tables = await session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'idempotency'")
        )
        rows = [await session.scalars(text(f'SELECT t::text FROM "{name}" AS t')) for name in tables]
        return "\n".join(line for found in rows for line in found)


async def test_key_and_secret_are_shown_once_and_stand_nowhere(town: Town) -> None:
    made, _ = await town.register()
    assert made["state"] == "active"
    again = (await town.http.get(f"{ADMIN}/{made['code']}", headers=town.admin)).json()
    assert again == {name: value for name, value in made.items() if name not in ("key", "signing_secret")}
    written = await everything_written(town)
    assert made["agreement"]["number"] in written
    assert made["key"] not in written
    assert made["signing_secret"] not in written
    async with town.run.database.transaction() as session:
        its = Audit.subject == f"provider:{made['code']}"
        lines = (await session.scalars(select(Audit).where(its))).all()
    assert [(line.actor, line.action) for line in lines] == [("admin-1", "provider_registered")]


async def test_registering_twice_with_one_key_is_once_and_a_taken_code_is_refused(town: Town) -> None:
    key, sent = {"Idempotency-Key": str(new_id())}, {**NEW, "code": "sekali"}
    first, again = [await town.post("", sent, **key) for _ in range(2)]
    assert first.json()["key"] == again.json()["key"]
    refused = await town.post("", sent)
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_exists")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"agency": "nobody"}, "agency"),
        ({"agreement": AGREEMENT | {"ends_on": "2026-02-01"}}, "agreement.ends_on"),
        ({"code": "gateway"}, "code"),
        ({"code": "With_Underscore"}, "code"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"name": {"id": "<b></b>"}}, "name.id"),
        ({"hosts": None}, "hosts"),
    ],
)
async def test_what_does_not_fit_is_said_by_field(town: Town, wrong: dict[str, Any], field: str) -> None:
    refused = await town.post("", {**NEW, "code": "salah", **wrong})
    assert (refused.status_code, [e["field"] for e in refused.json()["errors"]]) == (422, [field])


async def test_only_administrators_do_it_and_a_provider_is_nobody_else(town: Town) -> None:
    made, queue = await town.register()
    await until(queue.standing, lambda standing: "declared" in standing)
    officer = town.signed_in("o-1", kind="staff", roles=["laksa_officer"])
    citizen = town.signed_in("c-1")
    for headers, status in ((officer, 403), (citizen, 403), ({}, 401)):
        assert (await town.http.get(ADMIN, headers=headers)).status_code == status
        assert (await town.http.get("/provider/v1/status", headers=headers)).status_code == status
    its = {"X-Api-Key": made["key"]}
    assert (await town.http.get(ADMIN, headers={**its, **town.admin})).status_code == 403
    assert (await town.http.get("/v1/me", headers={**its, **citizen})).status_code == 403


async def test_changes_want_the_version_that_was_read(town: Town) -> None:
    made, _ = await town.register()
    path = f"{ADMIN}/{made['code']}"
    read = await town.http.get(path, headers=town.admin)
    first = {**town.admin, "If-Match": read.headers["etag"]}
    changed = await town.http.patch(path, json={"scopes": ["menus"]}, headers=first)
    assert (changed.status_code, changed.json()["scopes"], changed.json()["version"]) == (200, ["menus"], 2)
    late = await town.http.post(f"{path}/suspend", json={"cause": "other", "reason": "uji"}, headers=first)
    assert late.status_code == 412
    stale = town.admin | {"If-Match": '"99"'}  # what was sent is looked at before how things stand
    nothing = await town.http.patch(path, json={"agreement": None}, headers=stale)
    assert nothing.status_code == 422
    assert (await town.http.get(f"{ADMIN}/nobody", headers=town.admin)).status_code == 404


async def test_the_list_goes_on_by_code_and_knows_states(town: Town) -> None:
    for code in ("aaa", "aab", "aac"):
        await town.register(code=code)
    await town.post("/aab/suspend", {"cause": "other", "reason": "uji"})
    first = (await town.http.get(ADMIN, params={"limit": 2}, headers=town.admin)).json()
    rest = {"limit": 1, "cursor": first["next"]}
    second = (await town.http.get(ADMIN, params=rest, headers=town.admin)).json()
    assert [p["code"] for p in first["items"] + second["items"]] == ["aaa", "aab", "aac"]
    held = (await town.http.get(ADMIN, params={"state": "suspended"}, headers=town.admin)).json()
    assert [p["code"] for p in held["items"]] == ["aab"]
    foreign = {"state": "active", "cursor": first["next"]}
    assert (await town.http.get(ADMIN, params=foreign, headers=town.admin)).json()["code"] == "bad_cursor"


async def test_whoever_is_suspended_vanishes_learns_why_and_comes_back(town: Town) -> None:
    code, queue = await town.join()
    await queue.push()
    assert statistics.median([await gone_after(town, code) for _ in range(3)]) < 1
    assert code in town.declared.menus()
    told = await town.post(f"/{code}/suspend", {"cause": "wrong_content", "reason": "Keluhan warga"})
    assert (told.json()["suspended_for"], told.json()["suspended_reason"]) == (
        "wrong_content",
        "Keluhan warga",
    )
    await until(lambda: town.section(code), lambda section: section is None)
    assert code not in town.declared.menus()
    refused = await queue.push()
    assert (refused.status_code, refused.json()["code"]) == (403, "provider_suspended")
    assert "Keluhan warga" in refused.json()["detail"]
    assert (await queue.standing())["state"] == "suspended"
    back = (await town.post(f"/{code}/resume")).json()
    assert (back["suspended_for"], back["suspended_reason"]) == (None, None)
    await until(lambda: town.part(code), lambda part: part.state == "ok")


async def gone_after(town: Town, code: str) -> float:
    """Seconds from the order to suspend until nothing of it is shown; then it is back."""
    await until(lambda: town.part(code), lambda part: part.state == "ok")
    began = time.monotonic()
    await town.post(f"/{code}/suspend", {"cause": "other", "reason": "uji"})
    await until(lambda: town.section(code), lambda section: section is None)
    took = time.monotonic() - began
    assert code not in town.declared.menus()
    await town.post(f"/{code}/resume")
    await until(lambda: town.part(code), lambda part: part.state == "ok")
    return took


async def test_the_audits_say_why_and_since_when_and_what_is_different(
    town: Town, clock: ManualClock
) -> None:
    made, _ = await town.register(hosts=["b.example", "a.example"])
    code, since = made["code"], clock.now().isoformat()
    await town.post(f"/{code}/suspend", {"cause": "harmful_content", "reason": "Keluhan Ibu Demo"})
    clock.advance(timedelta(hours=1))
    await town.post(f"/{code}/resume")
    agreed = {"hosts": ["c.example"], "statuses_per_day": 7}
    await town.http.patch(f"{ADMIN}/{code}", json=agreed, headers=town.admin)
    async with town.run.database.transaction() as session:
        wanted = select(Audit.action, Audit.facts).where(Audit.subject == f"provider:{code}")
        registered, suspended, resumed, changed = await session.execute(wanted.order_by(Audit.id))
    new, words = registered.facts["after"], "Keluhan Ibu Demo"
    assert (new["hosts"], new["suspended_for"]) == (["a.example", "b.example"], None)
    told = {"sha256": sha256(words.encode()).hexdigest(), "characters": len(words)}
    held = {"suspended_at": since, "suspended_for": "harmful_content", "suspended_reason": told}
    free = dict.fromkeys(held)
    assert suspended == ("provider_suspended", {"before": free, "after": held})
    assert resumed == ("provider_resumed", {"before": held, "after": free})
    assert changed.facts == {
        "before": {"hosts": ["a.example", "b.example"], "statuses_per_day": 20_000},
        "after": agreed,
    }


async def test_the_secret_before_is_good_for_the_overlap_alone(town: Town, clock: ManualClock) -> None:
    made, _ = await town.register()
    turned = await town.post(f"/{made['code']}/rotate-secret", {"overlap_hours": 1})
    new = turned.json()["signing_secret"]
    async with town.run.database.transaction() as session:
        provider = await session.get_one(Provider, made["code"])
    assert provider.secrets(town.run.cipher, clock.now()) == [new, made["signing_secret"]]
    clock.advance(timedelta(hours=1))
    assert provider.secrets(town.run.cipher, clock.now()) == [new]


async def test_everything_ends_with_the_agreement_and_another_one_brings_it_back(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join(agreement=AGREEMENT | {"ends_on": "2026-02-02"})
    await queue.push()
    await until(lambda: town.part(code), lambda part: part.state == "ok")
    clock.advance(timedelta(hours=15))
    assert (await queue.push()).json()["code"] == "agreement_ended"
    await until(lambda: town.section(code), lambda section: section is None)
    refused = await town.post(f"/{code}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "provider_ended")
    renewed = {"agreement": AGREEMENT | {"number": "DEMO/2/2026"}}
    assert (await town.http.patch(f"{ADMIN}/{code}", json=renewed, headers=town.admin)).status_code == 200
    await until(lambda: town.section(code), lambda section: section is not None)


async def test_an_administrator_reads_how_a_provider_stands_as_it_does_itself(town: Town) -> None:
    code, queue = await town.join(url=f"http://127.0.0.1:{free_port()}/home.json")
    own = await until(queue.standing, lambda standing: standing["home"]["failures"] >= 1)
    path = f"/v1/admin/providers/{code}/status"
    read = await town.http.get(path, headers=town.admin)
    assert read.status_code == 200, read.text
    assert read.json()["home"]["last_error"] == own["home"]["last_error"]
    assert read.json().keys() == own.keys()
    assert (await town.http.get("/v1/admin/providers/nobody/status", headers=town.admin)).status_code == 404
    assert (await queue.put(path, {})).status_code == 405
    officer = town.signed_in("officer-1", kind="staff", roles=["laksa_officer"])
    assert (await town.http.get(path, headers=officer)).status_code == 403
