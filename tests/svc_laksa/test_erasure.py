"""What a resident takes away, and what stays of her reports when her account is erased."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from shared import privacy
from shared.auth import Caller
from shared.chain.verify import verify
from shared.contracts.gateway import CitizenErasedV1
from shared.events.event import Envelope
from shared.ids import new_id
from shared.tables import idempotency, outbox
from svc_laksa.app import SERVICE
from svc_laksa.privacy.rules import HER_WORDS, keeps_words
from svc_laksa.reports.models import Report, ReportFile, ReportText
from tests.svc_laksa.town import Town

SYSTEM = Caller(kind="system", sub="gateway")
BULLYING: dict[str, Any] = {"category": "perundungan", "attributes": {"nama": "SD demo"}}
EXACT = {"lat": -6.172912, "lon": 106.631988}


async def erased(town: Town, who: Caller, erasure_id: str = "") -> str:
    """The event arrives; answers the erasure's id."""
    erasure_id = erasure_id or str(new_id())
    event = Envelope(
        id=str(new_id()),
        source="//tangerang/gateway",
        type=f"gateway.{CitizenErasedV1.name}",
        subject=erasure_id,
        time=town.clock.now(),
        partitionkey=erasure_id,
        entityversion=1,
        data={"citizen_id": who.person},
    )
    async with town.run.database.transaction() as session:
        await privacy.subscription(SERVICE.holds).handle(session, town.run, event, town.clock.now())
    return erasure_id


async def told(town: Town, kind: str, entity: str | None = None) -> list[dict[str, Any]]:
    """What events of this kind said, oldest first."""
    async with town.run.database.transaction() as session:
        wanted = select(outbox.c.data).where(outbox.c.type == f"laksa.{kind}").order_by(outbox.c.id)
        wanted = wanted.where(outbox.c.entity_id == entity) if entity else wanted
        return list(await session.scalars(wanted))


async def rows(town: Town, kind: Any) -> list[Any]:
    async with town.run.database.transaction() as session:
        return list(await session.scalars(select(kind)))


async def export(town: Town, who: str, caller: Caller = SYSTEM, after: str = "") -> Any:
    headers = town.headers(caller)
    return await town.client.get(f"/internal/citizens/{who}/export{after}", headers=headers)


async def test_an_export_has_her_words_her_exact_place_and_her_files(town: Town) -> None:
    receipt = town.receipt(town.citizen, captured_at=town.clock.now())
    made = await town.submit(
        category="buang-sampah-liar", point=EXACT, address="Rumah demo", media=[receipt], description="demo A"
    )
    agency = town.staff("laksa_officer", "dlh", "s-dlh")
    await town.act(agency, made, "ask", {"question": "Kapan?"})
    await town.act(town.citizen, made, "answer", {"answer": "Kemarin"})
    await town.act(agency, made, "assign", {"note": "rahasia dinas"})
    await town.submit(town.other, description="milik orang lain")
    answer = await export(town, "c-1")
    (report,) = answer.json()["held"]["reports"]
    assert report["point"] == EXACT
    assert {t["kind"]: t["text"] for t in report["texts"]} == {
        "address": "Rumah demo",
        "description": "demo A",
        "question": "Kapan?",
        "answer": "Kemarin",
    }
    assert [file["kind"] for file in report["files"]] == ["photo"]
    assert [step["action"] for step in report["steps"]] == ["submit", "ask", "answer", "assign"]
    assert "s-dlh" not in answer.text
    assert "orang lain" not in answer.text


async def test_an_export_comes_in_pages_and_ends(town: Town) -> None:
    for n in range(30):
        await town.submit(description=f"demo {n}")
    first = (await export(town, "c-1")).json()
    second = (await export(town, "c-1", after=f"?after={first['next']}")).json()
    numbers = [report["number"] for page in (first, second) for report in page["held"]["reports"]]
    assert (len(numbers), len(set(numbers)), second["next"]) == (30, 30, None)


async def test_an_export_is_for_the_platform_alone(town: Town) -> None:
    await town.submit()
    for caller, status in ((town.guest, 401), (town.citizen, 403), (town.head, 403), (town.moderator, 403)):
        assert (await export(town, "c-1", caller)).status_code == status
    assert (await export(town, "nobody")).json() == {"held": {}, "next": None}
    assert (await export(town, "c-1", after="?after=x")).status_code == 400


async def test_after_an_erasure_the_matter_stays_and_she_does_not(town: Town) -> None:
    receipt = town.receipt(town.citizen)
    made = await town.submit(
        category="buang-sampah-liar", point=EXACT, address="Rumah demo", media=[receipt], description="demo A"
    )
    await town.submit(town.other, description="milik orang lain")
    await erased(town, town.citizen)
    agency = town.staff("laksa_officer", "dlh", "s-dlh")
    seen = (await town.get(agency, f"/reports/{made['id']}")).json()
    assert (seen["description"], seen["address"], seen["files"]) == (None, None, [])
    assert seen["point"] == {"lat": -6.173, "lon": 106.632}
    assert seen["staff"]["reporter_left"]
    assert (await town.get(town.citizen, "/reports/mine")).json()["items"] == []
    public = (await town.get(town.guest, "/reports")).json()["items"]
    assert {item["excerpt"] for item in public} == {None, "milik orang lain"}
    assert (await export(town, "c-1")).json()["held"] == {}
    left = [each for each in await rows(town, ReportText) if str(each.report_id) == made["id"]]
    assert left == []
    (report,) = [each for each in await rows(town, Report) if str(each.id) == made["id"]]
    assert (report.citizen_id, report.sent_digest, report.cover) == (None, b"", None)
    assert len((await town.get(town.other, "/reports/mine")).json()["items"]) == 1


async def test_the_chain_stays_whole_and_does_not_tell_whose_reports_belong_together(town: Town) -> None:
    made = [await town.submit(), await town.submit(category="lampu-jalan-mati")]
    await town.run.sequencer.chain_waiting()
    events = {each["id"]: len(await town.events(each["id"])) for each in made}
    await erased(town, town.citizen)
    await town.pass_time(privacy.LATE)
    async with town.run.database.transaction() as session:
        verdict = await verify(session)
        entities = await session.scalar(text("SELECT count(*) FROM entries"))
    assert (verdict.broken, verdict.links, entities) == (None, 2, 2)
    assert {each["id"]: len(await town.events(each["id"])) for each in made} == events


async def test_it_answers_at_once_and_finally_after_a_quarter_of_an_hour(town: Town) -> None:
    await town.submit(media=[town.receipt(town.citizen)])
    erasure = await erased(town, town.citizen)
    first = {"erased": {"reports": 1, "texts": 2, "files": 1, "kept_answers": 1}, "final": False}
    assert await told(town, "citizen_erasure_done.v1", erasure) == [first]
    await town.submit(description="demo: masih di jalan")
    assert await town.pass_time(privacy.LATE) == 1
    final = {"erased": {"reports": 1, "texts": 2, "kept_answers": 1}, "final": True}
    assert await told(town, "citizen_erasure_done.v1", erasure) == [first, final]
    assert (await export(town, "c-1")).json()["held"] == {}
    async with town.run.database.transaction() as session:
        assert (await session.scalars(select(idempotency.c.key))).all() == []


async def test_words_of_an_open_private_matter_wait_for_its_end(town: Town) -> None:
    made = await town.submit(**BULLYING, description="demo: dipukul", media=[town.receipt(town.citizen)])
    ppa = town.staff("laksa_officer", "uptd-ppa", "s-ppa")
    await town.act(town.moderator, made, "moderate")
    erasure = await erased(town, town.citizen)
    ((counts),) = [each["erased"] for each in await told(town, "citizen_erasure_done.v1", erasure)]
    assert (counts["reports"], counts["reports_open_with_words"]) == (1, 1)
    assert (await town.get(ppa, f"/reports/{made['id']}")).json()["description"] == "demo: dipukul"
    assert (await town.get(town.citizen, f"/reports/{made['id']}")).status_code == 404
    await town.pass_time(timedelta(days=3))
    assert (await town.get(ppa, f"/reports/{made['id']}")).json()["description"] == "demo: dipukul"
    assert await told(town, "media_released.v1") == []
    reason = {"reason_code": "no_action_possible", "note": "demo"}
    await town.act(ppa, made, "reject", reason)
    await town.pass_time(timedelta(days=1))
    read = (await town.get(ppa, f"/reports/{made['id']}")).json()
    assert (read["description"], read["files"], [m["text"] for m in read["messages"]]) == (None, [], ["demo"])
    assert len(await told(town, "media_released.v1")) == 1


async def test_files_are_released_unless_another_matter_needs_them(town: Town) -> None:
    shared = town.receipt(town.citizen)
    await town.submit(media=[shared, town.receipt(town.citizen)])
    kept = await town.submit(**BULLYING, media=[shared])
    await erased(town, town.citizen)
    released = [media for each in await told(town, "media_released.v1") for media in each["media_ids"]]
    attached = [str(file.media_id) for file in await rows(town, ReportFile)]
    assert len(released) == len(attached) == 1
    assert released != attached
    assert (await town.get(town.other, f"/reports/{kept['id']}")).status_code == 404


async def test_however_many_files_are_released_no_event_is_too_large(town: Town) -> None:
    made = await town.submit()
    many = """
        INSERT INTO report_files (report_id, version, media_id, kind, type, size, sha256, stored_at)
        SELECT CAST(:id AS uuid), 1, gen_random_uuid(), 'photo', 'image/jpeg', 1, 'x', now()
        FROM generate_series(1, 6700)
    """
    async with town.run.database.transaction() as session:
        await session.execute(text(many), {"id": made["id"]})
    await erased(town, town.citizen)
    events = [each["media_ids"] for each in await told(town, "media_released.v1")]
    assert len({media for each in events for media in each}) == 6_700
    assert max(map(len, events)) == 500


async def test_in_which_reports_a_file_stands_is_found_by_an_index(town: Town) -> None:
    async with town.run.database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "EXPLAIN SELECT media_id FROM report_files WHERE media_id = ANY(CAST(:ids AS uuid[]))"
        lines = (await session.scalars(text(plan), {"ids": [str(new_id())]})).all()
    assert "ix_report_files_media_id" in "\n".join(lines)


async def test_evidence_of_a_sensitive_place_stays_hidden_after_its_reporter_left(town: Town) -> None:
    made = await town.submit(category="buang-sampah-liar", point=EXACT)
    await erased(town, town.citizen)
    agency = town.staff("laksa_officer", "dlh", "s-dlh")
    for step, body in (("assign", None), ("start", None), ("finish", town.evidence(agency))):
        await town.act(agency, made, step, body)
    assert (await town.get(town.guest, f"/reports/{made['id']}")).json()["files"] == []
    (file,) = await rows(town, ReportFile)
    assert (file.kind, file.lat) == ("evidence", None)


async def test_an_erased_person_cannot_send_the_same_report_again_as_hers(town: Town) -> None:
    made = await town.submit(id=str(new_id()))
    await erased(town, town.citizen)
    again = await town.submit(town.other, id=str(new_id()))
    answer = await town.post(town.citizen, "/reports", {"id": made["id"], **_pothole()})
    assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")
    assert again["id"] != made["id"]


def _pothole() -> dict[str, Any]:
    return {
        "category": "jalan-berlubang",
        "description": "Lubang besar di depan pasar",
        "point": {"lat": -6.1729, "lon": 106.6319},
        "attributes": {"bahaya": "ya"},
    }


@pytest.mark.parametrize(
    ("privacy_class", "closed", "kept"),
    [
        ("public", False, False),
        ("name_hidden", False, False),
        ("confidential", False, True),
        ("police", False, True),
        ("confidential", True, False),
        ("police", True, False),
    ],
)
def test_only_open_private_matters_keep_her_words(privacy_class: str, closed: bool, kept: bool) -> None:
    assert keeps_words(privacy_class, closed) is kept


def test_every_kind_of_text_is_hers_or_the_agencys() -> None:
    assert HER_WORDS & {"question", "note", "internal"} == set()
