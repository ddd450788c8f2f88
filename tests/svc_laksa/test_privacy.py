"""Who reads what: the public, the reporter, the agency, the police, and nobody else."""

from typing import Any

import pytest
from sqlalchemy import select, text

from shared.auth import Caller
from shared.tables import entries, outbox
from svc_laksa.reports.rules import roles_towards
from tests.svc_laksa.town import CENTRE, Town

CANARY = "Ibu Ratna 0812-7777-8888"
BULLYING: dict[str, Any] = {"category": "perundungan", "attributes": {"nama": f"SD {CANARY}"}}


async def test_everybody_reads_a_public_report_without_learning_who_sent_it(town: Town) -> None:
    made = await town.submit(address="Jl. Kisamaun 1", media=[town.receipt(town.citizen)])
    for reader in (town.guest, town.other, town.stranger, town.staff("leader", None, "s-mayor")):
        seen = (await town.get(reader, f"/reports/{made['code'].lower()}")).json()
        assert (seen["view"], seen["staff"], seen["actions"], seen["attributes"]) == ("public", None, [], {})
        assert (seen["description"], seen["address"]) == ("Lubang besar di depan pasar", "Jl. Kisamaun 1")
        assert (seen["point"], len(seen["files"])) == (CENTRE, 1)
        assert "'c-1'" not in str(seen)


async def test_an_officer_never_learns_who_reported(town: Town) -> None:
    made = await town.submit()
    answer = await town.get(town.officer, f"/reports/{made['id']}")
    assert (answer.json()["view"], answer.json()["staff"]["by_account"]) == ("staff", True)
    assert '"c-1"' not in answer.text


async def test_an_officer_of_another_agency_sees_only_what_the_public_sees(town: Town) -> None:
    made = await town.submit()
    path = f"/reports/{made['id']}"
    assert (await town.get(town.stranger, path)).json()["view"] == "public"
    assert (await town.get(town.stranger, f"{path}?view=staff")).status_code == 404
    assert (await town.get(town.citizen, f"{path}?view=staff")).status_code == 404
    assert (await town.post(town.stranger, f"{path}/assign")).status_code == 404
    assert (await town.get(town.officer, f"{path}?view=public")).json()["staff"] is None


async def test_a_confidential_report_is_read_by_its_agency_and_its_reporter_alone(town: Town) -> None:
    made = await town.submit(category="tagihan-air", attributes={"nomor": "12"})
    agency = town.staff("laksa_officer", "perumda-tirta-benteng", "s-water")
    path = f"/reports/{made['id']}"
    for reader in (town.guest, town.other, town.stranger, town.verifier, town.moderator, town.police):
        for suffix in ("", "/timeline", "?view=public"):
            assert (await town.get(reader, path + suffix)).status_code == 404
    assert (await town.get(agency, path)).json()["attributes"] == {"nomor": "12"}
    assert (await town.get(town.citizen, path)).json()["view"] == "mine"
    assert (await town.get(town.guest, "/reports")).json()["items"] == []
    near = await town.get(town.guest, "/reports/nearby", params=CENTRE)
    assert near.json()["items"] == []


async def test_a_confidential_report_opens_to_a_verifier_only_for_the_check(
    town: Town,
) -> None:
    made = await town.submit(category="tagihan-air", attributes={"nomor": "12"})
    agency = town.staff("laksa_officer", "perumda-tirta-benteng", "s-water")
    await town.act(agency, made, "assign")
    await town.act(agency, made, "start")
    assert (await town.get(town.verifier, f"/reports/{made['id']}")).status_code == 404
    await town.act(agency, made, "finish", town.evidence(agency))
    assert (await town.get(town.verifier, f"/reports/{made['id']}")).json()["view"] == "staff"
    await town.act(town.verifier, made, "verify", {"passed": True})
    assert (await town.get(town.verifier, f"/reports/{made['id']}")).status_code == 404


async def test_only_the_police_unit_touches_a_police_matter_and_still_two_people_close_it(town: Town) -> None:
    made = await town.submit(category="narkoba")
    path, second = f"/reports/{made['id']}", town.staff("laksa_head", "polres", "s-chief")
    for reader in (town.guest, town.officer, town.verifier, town.moderator):
        assert (await town.get(reader, path)).status_code == 404
    assert (await town.post(town.moderator, f"{path}/moderate")).status_code == 404
    waiting = (await town.get(town.police, "/queue?of=moderator")).json()["items"]
    assert [item["id"] for item in waiting] == [made["id"]]
    assert (await town.get(town.moderator, "/queue?of=moderator")).json()["items"] == []
    await town.act(town.police, made, "moderate")
    wrong = await town.post(town.police, f"{path}/hand-over", {"agency": "dlh", "reason": "x"})
    assert wrong.json()["errors"][0]["code"] == "not_police"
    await town.act(town.police, made, "assign")
    await town.act(town.police, made, "start")
    await town.act(town.police, made, "finish", town.evidence(town.police))
    own = await town.post(town.police, f"{path}/verify", {"passed": True})
    assert (own.status_code, own.json()["code"]) == (403, "worked_on_it")
    assert (await town.post(town.verifier, f"{path}/verify", {"passed": True})).status_code == 404
    assert (await town.act(second, made, "verify", {"passed": True}))["closed"]


async def test_a_sensitive_place_is_coarse_for_all_but_the_agency_and_the_reporter(town: Town) -> None:
    exact = {"lat": -6.172912, "lon": 106.631988}
    made = await town.submit(
        category="buang-sampah-liar", point=exact, address="Rumah Pak RT", media=[town.receipt(town.citizen)]
    )
    agency = town.staff("laksa_officer", "dlh", "s-dlh")
    path = f"/reports/{made['id']}"
    public = (await town.get(town.guest, path)).json()
    assert (public["point"], public["address"], public["files"]) == (
        {"lat": -6.173, "lon": 106.632},
        None,
        [],
    )
    assert made["point"] == public["point"]
    for reader in (agency, town.citizen):
        seen = (await town.get(reader, path)).json()
        assert (seen["point"], seen["address"], len(seen["files"])) == (exact, "Rumah Pak RT", 1)
    events = " ".join(str(event.data) for event in await town.events(made["id"]))
    assert "172912" not in events


async def test_what_is_private_stands_nowhere_in_plain_text(town: Town) -> None:
    made = await town.submit(**BULLYING, description=f"{CANARY} dipukul", address=f"Rumah {CANARY}")
    ppa = town.staff("laksa_officer", "uptd-ppa", "s-ppa")
    await town.act(town.moderator, made, "moderate")
    await town.act(ppa, made, "ask", {"question": f"Kapan {CANARY} dihubungi?"})
    await town.act(town.citizen, made, "answer", {"answer": f"Besok, {CANARY}"})
    async with town.run.database.transaction() as session:
        tables = ("reports", "report_steps", "report_texts", "report_files", "outbox", "entries")
        dumps = [str((await session.execute(text(f"SELECT * FROM {name}"))).all()) for name in tables]
    assert [name for name, dump in zip(tables, dumps, strict=True) if CANARY in dump or "8888" in dump] == []
    read = (await town.get(ppa, f"/reports/{made['id']}")).json()
    assert [m["text"] for m in read["messages"]] == [f"Kapan {CANARY} dihubungi?", f"Besok, {CANARY}"]


async def test_events_and_ledger_carry_no_free_text_and_no_title_of_a_private_report(town: Town) -> None:
    made = await town.submit(**BULLYING, description=CANARY)
    await town.act(town.moderator, made, "moderate", {"note": CANARY})
    async with town.run.database.transaction() as session:
        facts = [row.facts for row in (await session.execute(select(entries))).all()]
        types = [row.type for row in (await session.execute(select(outbox))).all()]
    assert {(fact["category"], fact["district"], "lat" in fact) for fact in facts} == {(None, None, False)}
    assert all(len(digest) == 64 for fact in facts for digest in fact["texts"].values())
    assert not any("document" in name or "tags" in name for name in types)
    (told, _) = [e.data for e in await town.events(made["id"]) if e.name == "request_updated.v1"]
    assert told["title"]["id"] == "Perundungan di sekolah"


async def test_a_notice_inside_the_agency_is_not_for_the_resident(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "assign", {"note": "Cek dulu anggaran"})
    assert "anggaran" not in (await town.get(town.citizen, f"/reports/{made['id']}")).text
    assert "anggaran" not in (await town.get(town.citizen, f"/reports/{made['id']}/timeline")).text
    assert "anggaran" in (await town.get(town.head, f"/reports/{made['id']}")).text


@pytest.mark.parametrize("ref", ["00000000-0000-7000-8000-000000000000", "LKS-0000-0000", "x", "LKS-1"])
async def test_a_report_that_is_not_there_looks_like_one_that_is_not_yours(town: Town, ref: str) -> None:
    made = await town.submit(category="tagihan-air", attributes={"nomor": "12"})
    missing = (await town.get(town.other, f"/reports/{ref}")).json()
    hidden = (await town.get(town.other, f"/reports/{made['id']}")).json()
    assert missing | {"request_id": ""} == hidden | {"request_id": ""}


@pytest.mark.parametrize("ref", ["'", "%00", "x" * 61, "%C3%A9"])
async def test_what_is_no_reference_at_all_says_so_to_everybody(town: Town, ref: str) -> None:
    for caller in (town.other, town.officer):
        answer = await town.get(caller, f"/reports/{ref}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ref")


def test_unknown_roles_and_roles_of_others_count_for_nothing() -> None:
    facts: dict[str, Any] = {"privacy": "name_hidden", "agency": "dpupr", "waits_for": "agency"}
    admin = roles_towards(**facts, staff_roles=frozenset({"admin", "ops"}), staff_agency="dpupr")
    reporter = roles_towards(**facts, staff_roles=frozenset({"reporter", "system"}), staff_agency="dpupr")
    assert (admin, reporter) == (frozenset(), frozenset())


async def test_a_partner_or_a_system_has_no_role_towards_a_report(town: Town) -> None:
    made = await town.submit(category="tagihan-air", attributes={"nomor": "12"})
    for kind in ("partner", "provider", "system"):
        caller = Caller(kind=kind, sub="c-1")  # type: ignore[arg-type]
        assert (await town.get(caller, f"/reports/{made['id']}")).status_code == 404


async def test_what_a_moderator_holds_back_never_becomes_public(town: Town) -> None:
    made = await town.submit(category="lainnya", media=[town.receipt(town.citizen)])
    reason = {"reason_code": "no_action_possible", "note": "demo: memuat nama orang"}
    await town.act(town.moderator, made, "reject", reason)
    assert (await town.get(town.other, f"/reports/{made['id']}")).status_code == 404
    listed = (await town.get(town.other, "/reports")).json()["items"]
    assert made["id"] not in [item["id"] for item in listed]
    assert "laksa.document_published.v1" not in [e.type for e in await town.events(made["id"])]
    assert (await town.get(town.citizen, f"/reports/{made['id']}")).status_code == 200


async def test_photos_of_an_answer_to_the_agency_are_not_for_the_public(town: Town) -> None:
    made = await town.submit(media=[town.receipt(town.citizen)])
    await town.act(town.officer, made, "assign")
    await town.act(town.officer, made, "ask", {"question": "Foto meter air?"})
    answer = {"answer": "demo: terlampir", "media": [town.receipt(town.citizen)]}
    await town.act(town.citizen, made, "answer", answer)
    seen = {
        who: len((await town.get(caller, f"/reports/{made['id']}")).json()["files"])
        for who, caller in (("public", town.other), ("mine", town.citizen), ("staff", town.officer))
    }
    assert seen == {"public": 1, "mine": 2, "staff": 2}
