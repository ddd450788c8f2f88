"""The main job: from a resident's report to a checked result, and every way it can end otherwise."""

from datetime import timedelta

from tests.svc_laksa.town import Town


async def test_a_report_closes_only_after_somebody_else_checked_it(town: Town) -> None:
    made = await town.submit()
    assert made["state"] == {"code": "received", "label": "Menunggu"}
    assert made["agency"]["code"] == "dpupr"
    finished = await town.finished(made)
    assert (finished["state"]["code"], finished["closed"], finished["warnings"]) == ("finished", False, [])
    done = await town.act(town.verifier, made, "verify", {"passed": True, "note": "Sudah rata"})
    assert (done["state"]["label"], done["closed"], done["version"]) == ("Selesai", True, 5)


async def test_the_resident_reads_every_step_without_the_name_of_any_staff(town: Town) -> None:
    made = await town.submit()
    await town.done(made)
    answer = await town.get(
        town.citizen, f"/reports/{made['code']}/timeline", headers={"Accept-Language": "en"}
    )
    items = answer.json()["items"]
    assert [item["action"] for item in items] == ["submit", "assign", "start", "finish", "verify"]
    assert (
        items[3]["text"]
        == "Public Works and Spatial Planning says that the work is done and has filed evidence."
    )
    assert items[3]["message"] == "Sudah ditambal"
    assert items[4]["role"] == {"code": "laksa_verifier", "label": "Verifier"}
    assert answer.headers["content-language"] == "en"
    assert not any(sub in answer.text for sub in ("s-officer", "s-verifier", "c-1"))


async def test_a_failed_check_reopens_the_report_and_says_why(town: Town) -> None:
    made = await town.submit()
    await town.finished(made)
    bare = await town.post(town.verifier, f"/reports/{made['id']}/verify", {"passed": False})
    assert bare.status_code == 422
    reopened = await town.act(town.verifier, made, "verify", {"passed": False, "note": "Masih berlubang"})
    assert reopened["state"]["code"] == "reopened"
    mine = (await town.get(town.citizen, f"/reports/{made['id']}")).json()
    assert "Masih berlubang" in [message["text"] for message in mine["messages"]]


async def test_whoever_worked_on_it_cannot_verify_it(town: Town) -> None:
    made = await town.submit()
    both = town.staff("laksa_officer", "dpupr", "s-both")
    both = type(both)(**{f: getattr(both, f) for f in ("kind", "sub", "agency")},
                      roles=frozenset({"laksa_officer", "laksa_verifier"}))  # fmt: skip
    await town.act(both, made, "assign")
    await town.act(town.crew, made, "start")
    await town.act(town.crew, made, "finish", town.evidence(town.crew))
    refused = await town.post(both, f"/reports/{made['id']}/verify", {"passed": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "worked_on_it")
    assert (await town.act(town.verifier, made, "verify", {"passed": True}))["closed"]


async def test_whoever_was_given_the_work_cannot_verify_it_either(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "assign", {"assignee": "s-verifier"})
    await town.act(town.crew, made, "start")
    await town.act(town.crew, made, "finish", town.evidence(town.crew))
    refused = await town.post(town.verifier, f"/reports/{made['id']}/verify", {"passed": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "worked_on_it")


async def test_an_upheld_challenge_reopens_the_report(town: Town) -> None:
    made = await town.submit()
    done = await town.done(made)
    assert "menyanggah sampai 09-02-2026" in done["next_step"]
    challenged = await town.act(town.citizen, made, "challenge", {"reason": "Lubang muncul lagi"})
    assert challenged["next_step"] == "Moderator memutuskan sanggahan pelapor."
    twice = await town.post(town.citizen, f"/reports/{made['id']}/challenge", {"reason": "Lagi"})
    assert (twice.status_code, twice.json()["code"]) == (409, "challenge_closed")
    decided = await town.act(
        town.moderator, made, "challenge/decide", {"upheld": True, "note": "Benar, belum rapi"}
    )
    assert (decided["state"]["code"], decided["closed"]) == ("reopened", False)


async def test_a_declined_challenge_ends_it_for_good(town: Town) -> None:
    made = await town.submit()
    await town.done(made)
    await town.act(town.citizen, made, "challenge", {"reason": "Kurang rata"})
    done = await town.act(
        town.moderator, made, "challenge/decide", {"upheld": False, "note": "Sesuai standar"}
    )
    assert done["next_step"] == "Laporan selesai dan tidak dapat disanggah lagi."
    again = await town.post(town.citizen, f"/reports/{made['id']}/challenge", {"reason": "Tetap"})
    assert (again.status_code, again.json()["code"]) == (409, "challenge_closed")


async def test_a_challenge_after_seven_days_is_too_late(town: Town) -> None:
    made = await town.submit()
    await town.done(made)
    town.clock.advance(timedelta(days=7))
    late = await town.post(town.citizen, f"/reports/{made['id']}/challenge", {"reason": "Rusak lagi"})
    assert (late.status_code, late.json()["code"]) == (409, "challenge_closed")


async def test_a_question_goes_back_to_where_it_was_asked(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "assign")
    await town.act(town.officer, made, "start")
    asked = await town.act(town.officer, made, "ask", {"question": "Di sisi mana?"})
    assert (asked["state"]["code"], asked["deadline"]["running"]) == ("question", False)
    answered = await town.act(
        town.citizen, made, "answer", {"answer": "Sisi timur", "media": [town.receipt(town.citizen)]}
    )
    assert (answered["state"]["code"], answered["deadline"]["running"]) == ("in_work", True)
    staff = (await town.get(town.officer, f"/reports/{made['id']}")).json()
    assert [(m["kind"], m["text"]) for m in staff["messages"]] == [
        ("question", "Di sisi mana?"),
        ("answer", "Sisi timur"),
    ]
    assert [pause["reason"]["code"] for pause in staff["pauses"]] == ["question"]
    assert len(staff["files"]) == 1


async def test_a_report_handed_over_leaves_the_one_queue_and_enters_the_other(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "hand-over", {"agency": "dishub", "reason": "Lampu jalan"})
    queues = [(await town.get(who, "/queue")).json()["items"] for who in (town.officer, town.stranger)]
    assert [[item["id"] for item in items] for items in queues] == [[], [made["id"]]]
    gone = await town.post(town.officer, f"/reports/{made['id']}/assign")
    assert gone.status_code == 404
    for agency, code in (("dishub", "has_it_already"), ("nobody", "unknown")):
        wrong = await town.post(
            town.stranger, f"/reports/{made['id']}/hand-over", {"agency": agency, "reason": "x"}
        )
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, code)


async def test_the_third_hand_over_goes_to_the_moderator(town: Town) -> None:
    made = await town.submit()
    for who, agency in ((town.officer, "dishub"), (town.stranger, "dpupr")):
        await town.act(who, made, "hand-over", {"agency": agency, "reason": "Bukan kami"})
    third = await town.act(town.officer, made, "hand-over", {"agency": "dlh", "reason": "Bukan kami"})
    assert (third["state"]["code"], third["agency"]["code"]) == ("coordination", "dpupr")
    waiting = (await town.get(town.moderator, "/queue?of=moderator")).json()["items"]
    assert [item["id"] for item in waiting] == [made["id"]]
    given = await town.act(town.moderator, made, "hand-over", {"agency": "dlh", "reason": "Milik DLH"})
    assert (given["state"]["code"], given["agency"]["code"]) == ("received", "dlh")


async def test_a_coordinated_report_goes_on_where_it_stood(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "assign")
    await town.act(town.officer, made, "coordinate", {"reason": "Perlu PLN"})
    assert (await town.act(town.moderator, made, "resume"))["state"]["code"] == "assigned"


async def test_a_rejected_report_tells_the_reporter_why_and_who_can_help(town: Town) -> None:
    made = await town.submit()
    body = {"reason_code": "not_ours", "note": "Jalan nasional", "responsible": "BBPJN Jawa Barat"}
    rejected = await town.act(town.officer, made, "reject", body)
    assert (rejected["closed"], rejected["state"]["label"]) == (True, "Ditutup (tidak dapat dikerjakan)")
    mine = (await town.get(town.citizen, f"/reports/{made['id']}")).json()
    assert mine["messages"][0]["text"] == "Jalan nasional\n\nBBPJN Jawa Barat"
    assert mine["actions"] == []


async def test_the_reporter_may_withdraw_until_the_work_is_finished(town: Town) -> None:
    made = await town.submit()
    await town.act(town.citizen, made, "withdraw", {"reason": "Sudah diperbaiki warga"})
    assert (await town.get(town.other, f"/reports/{made['id']}")).status_code == 404
    assert (await town.get(town.citizen, f"/reports/{made['id']}")).json()["state"]["code"] == "withdrawn"
    late = await town.submit()
    await town.finished(late)
    assert (await town.post(town.citizen, f"/reports/{late['id']}/withdraw")).status_code == 409


async def test_a_moderated_report_is_hidden_until_a_moderator_lets_it_through(town: Town) -> None:
    made = await town.submit(category="lainnya")
    assert made["state"]["code"] == "moderation"
    assert (await town.get(town.other, f"/reports/{made['id']}")).status_code == 404
    agency = town.staff("laksa_officer", made["agency"]["code"], "s-agency")
    assert (await town.get(agency, "/queue")).json()["items"] == []
    passed = await town.act(town.moderator, made, "moderate")
    assert passed["state"]["code"] == "received"
    assert (await town.get(town.other, f"/reports/{made['id']}")).status_code == 200
    assert [item["id"] for item in (await town.get(agency, "/queue")).json()["items"]] == [made["id"]]
