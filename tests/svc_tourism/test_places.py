"""Places through the front door: what the public reads, how fresh it is, and what editors may do."""

from typing import Any

import pytest

from shared.auth import Caller
from tests.svc_tourism.resort import CENTRE, Resort, place

BOGOR = {"lat": -6.5971, "lon": 106.806}


async def test_everybody_reads_a_place_in_their_language_with_its_week_and_a_link_for_any_map(
    resort: Resort,
) -> None:
    made = await resort.add(entry_fee=10_000, wheelchair="limited", contact={"phone": "021-5550100"})
    for language, name, state in (("id", "Museum Demo", "Tutup"), ("en", "Demo Museum", "Closed")):
        answer = await resort.get(resort.guest, f"/places/{made['slug']}", Accept_Language=language)
        read = answer.json()
        assert (read["name"], read["open"]["state"]["label"]) == (name, state)
        assert answer.headers["Content-Language"] == language
    assert read["geo"] == "geo:-6.182300,106.635800"
    assert read["area"]["village"] == {"code": "36.71.01.1007", "label": "Sukasari"}
    assert read["open"] == {
        "state": {"code": "closed", "label": "Closed"},
        "changes_at": "2026-02-03T09:00:00+07:00",
        "comment": None,
    }
    assert [day["weekday"] for day in read["hours"]["days"]][:2] == ["Monday", "Tuesday"]
    assert read["hours"]["days"][0]["ranges"] == []
    assert read["hours"]["days"][1]["ranges"] == [
        {"start": "2026-02-03T09:00:00+07:00", "end": "2026-02-03T15:00:00+07:00", "sure": True}
    ]
    assert (read["entry_fee"], read["contact"], read["source"]) == (10_000, {"phone": "021-5550100"}, "demo")
    assert read["tags"] == {"tourism": "museum"}
    by_id = await resort.get(resort.guest, f"/places/{made['id']}")
    assert by_id.json()["id"] == made["id"]
    again = await resort.get(resort.guest, f"/places/{made['id']}", If_None_Match=by_id.headers["ETag"])
    assert again.status_code == 304


async def test_each_group_of_facts_says_who_checked_it_when_and_from_where(resort: Resort) -> None:
    made = await resort.add()
    resort.wait(days=40)
    changed = await resort.put(
        resort.editor,
        f"/places/{made['id']}",
        place(hours="Setiap hari 09.00-16.00", source="papan di pintu"),
        If_Match='"1.x"',
    )
    assert changed.status_code == 200, changed.text
    facts = (await resort.get(resort.guest, f"/places/{made['id']}")).json()["facts"]
    fresh = {fact["group"]["code"]: (fact["age_days"], fact["source"], fact["checked_by"]) for fact in facts}
    assert fresh == {
        "description": (40, "demo", "disbudpar"),
        "hours": (0, "papan di pintu", "disbudpar"),
        "location": (40, "demo", "disbudpar"),
    }
    checked = await resort.post(
        resort.editor, f"/places/{made['id']}/checks", {"groups": ["location"], "source": "kunjungan"}
    )
    assert checked.json()["facts"]["location"]["source"] == "kunjungan"
    assert checked.json()["version"] == 3
    assert "s-1" not in (await resort.get(resort.guest, f"/places/{made['id']}")).text
    twice = {"groups": ["hours", "hours"], "source": "kunjungan"}
    answer = await resort.post(resort.editor, f"/places/{made['id']}/checks", twice)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "groups")


async def test_an_update_of_an_older_version_is_refused(resort: Resort) -> None:
    made = await resort.add()
    path = f"/places/{made['id']}"
    assert (await resort.put(resort.editor, path, place(), If_Match='"1.abc"')).status_code == 200
    stale = await resort.put(resort.editor, path, place(), If_Match='"1.abc"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")


async def test_hours_that_make_no_sense_are_refused_with_the_part_in_both_languages(resort: Resort) -> None:
    wrong = place(hours="Senen-Jumat 08.00-16.00")
    for language, words in (("id", "kata “senen” tidak dikenal"), ("en", "the word “senen” means nothing")):
        answer = await resort.post(resort.editor, "/places", wrong, Accept_Language=language)
        assert (answer.status_code, answer.json()["code"]) == (422, "hours_not_understood")
        assert answer.json()["errors"][0]["field"] == "hours"
        assert words in answer.json()["errors"][0]["message"]
        assert "senen" in answer.json()["detail"]
    tried = await resort.post(
        resort.editor, "/hours/read", {"hours": "Senin-Jumat 08.00 s.d. 16.00; Ramadan 08-15"}
    )
    read = tried.json()
    assert (read["opening_hours"], read["ramadan_hours"]) == ("Mo-Fr 08:00-16:00", "08:00-15:00")
    closed = {day["weekday"] for day in read["days"] if not day["ranges"]}
    assert closed == {"Sabtu", "Minggu"}


async def test_ramadans_hours_may_have_a_field_of_their_own(resort: Resort) -> None:
    made = await resort.add(hours="08.00-17.00; Ramadan 08.00-15.00", ramadan_hours="09.00-14.00")
    assert (made["opening_hours"], made["ramadan_hours"]) == ("08:00-17:00", "09:00-14:00")
    refused = await resort.post(
        resort.editor, "/places", place(ramadan_hours="08.00-15.00; libur nasional tutup")
    )
    assert refused.json()["errors"][0]["code"] == "hours_unsupported"
    for text in ("08.00-15.00; 17 Agustus tutup", "Mar 01-Mar 20 10:00-15:00"):  # no month has months
        dated = await resort.post(resort.editor, "/places", place(ramadan_hours=text))
        assert [(e["field"], e["code"]) for e in dated.json()["errors"]] == [
            ("ramadan_hours", "hours_unsupported")
        ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"category": "volcano"}, "category"),
        ({"point": BOGOR}, None),
        ({"tags": {"Bad Key": "x"}}, "tags"),
        ({"tags": {"key": "x" * 256}}, "tags.key"),
        ({"name": {"id": "Saja"}}, "name.en"),
        ({"entry_fee": -1}, "entry_fee"),
        ({"entry_fee": 1.5}, "entry_fee"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"photos": [{"alt": {"id": "x", "en": "x"}}]}, "photos.0"),
        ({"photos": [{"receipt": "no", "alt": {"id": "x", "en": "x"}}]}, None),
        (
            {"photos": [{"media_id": "0198f4a0-7c1e-7b3a-9f00-4d2b8a6c1e05", "alt": {"id": "x", "en": "x"}}]},
            "photos",
        ),
        ({"photos": [{"receipt": "x"}]}, "photos.0.alt"),
    ],
)
async def test_what_cannot_be_is_refused(resort: Resort, wrong: dict[str, Any], field: str | None) -> None:
    answer = await resort.post(resort.editor, "/places", place(**wrong))
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json().get("errors", [])][:1] == ([field] if field else [])


async def test_only_tourism_editors_write(resort: Resort) -> None:
    made = await resort.add()
    for caller, status in ((resort.guest, 401), (resort.citizen, 403), (resort.stranger, 403)):
        for method, path, body in (
            ("POST", "/places", place()),
            ("PUT", f"/places/{made['id']}", place()),
            ("POST", f"/places/{made['id']}/checks", {"groups": ["hours"], "source": "x"}),
            ("GET", "/editing", None),
            ("GET", f"/editing/{made['id']}", None),
            ("POST", "/hours/read", {"hours": "24 jam"}),
        ):
            assert (await resort.call(method, caller, path, body)).status_code == status, (path, caller.kind)


async def test_photos_come_by_receipt_with_words_and_go_when_they_are_left_out(resort: Resort) -> None:
    alt = {"id": "Pintu depan", "en": "The front door"}
    made = await resort.add(photos=[{"receipt": resort.receipt(resort.editor), "alt": alt}])
    media_id = made["photos"][0]["media_id"]
    read = (await resort.get(resort.guest, f"/places/{made['id']}", Accept_Language="en")).json()
    assert read["photos"][0]["alt"] == "The front door"
    assert read["photos"][0]["full"].startswith(f"/v1/media/{media_id}?v=full")
    stolen = place(photos=[{"receipt": resort.receipt(resort.citizen), "alt": alt}])
    assert (await resort.post(resort.editor, "/places", stolen)).json()["code"] == "media_receipt_bad"
    kept = place(photos=[{"media_id": media_id, "alt": alt}])
    assert (await resort.put(resort.editor, f"/places/{made['id']}", kept)).json()["photos"][0]["alt"] == alt
    await resort.put(resort.editor, f"/places/{made['id']}", place())
    told = [(kind, data["media_ids"]) for kind, _, data in await resort.told(made["id"]) if "media" in kind]
    assert told == [("media_attached.v1", [media_id]), ("media_released.v1", [media_id])]


async def test_the_city_is_told_of_what_is_published_changed_and_withdrawn(resort: Resort) -> None:
    draft = await resort.add(status="draft")
    assert await resort.told(draft["id"]) == []
    assert (await resort.get(resort.guest, f"/places/{draft['id']}")).status_code == 404
    for status in ("published", "closed", "withdrawn"):
        assert (
            await resort.put(resort.editor, f"/places/{draft['id']}", place(status=status))
        ).status_code == 200
    told = await resort.told(draft["id"])
    assert [(kind, version) for kind, version, _ in told] == [
        ("place_published.v1", 2), ("document_published.v1", 2), ("tags_purged.v1", 2),
        ("place_changed.v1", 3), ("document_published.v1", 3), ("tags_purged.v1", 3),
        ("place_withdrawn.v1", 4), ("document_withdrawn.v1", 4), ("tags_purged.v1", 4),
    ]  # fmt: skip
    document = told[1][2]
    assert (document["kind"], document["url"]) == ("tourism_place", f"/v1/tourism/places/{draft['slug']}")
    assert document["summary"]["id"] == "Museum, Sukasari. Demo: benda lama."
    assert (await resort.get(resort.guest, f"/places/{draft['id']}")).status_code == 404


async def test_a_place_closed_for_a_while_is_found_and_says_so(resort: Resort) -> None:
    made = await resort.add(status="closed", hours="24 jam")
    read = (await resort.get(resort.guest, f"/places/{made['id']}")).json()
    assert (read["status"]["code"], read["open"]["state"]["code"]) == ("closed", "closed")


async def test_who_says_nothing_of_its_status_publishes_and_withdraws_nothing(resort: Resort) -> None:
    silent = {key: value for key, value in place().items() if key != "status"}
    draft = (await resort.post(resort.editor, "/places", silent)).json()
    assert draft["status"] == "draft"
    for status in ("published", "closed", "withdrawn"):
        made = await resort.add(status=status)
        answer = await resort.put(resort.editor, f"/places/{made['id']}", silent | {"entry_fee": 1_000})
        assert answer.json()["status"] == status


async def test_editors_find_their_drafts_the_last_changed_first(resort: Resort) -> None:
    made = []
    for number in range(5):
        made.append((await resort.add(status="draft", name={"id": f"Demo {number}", "en": "x"}))["id"])
        resort.wait(minutes=1)
    found, cursor = [], ""
    while cursor is not None:
        page = (await resort.get(resort.editor, f"/editing?limit=2{cursor and '&cursor=' + cursor}")).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert found == made[::-1]


async def test_sending_again_with_the_same_key_makes_one_place(resort: Resort) -> None:
    body = place(point=CENTRE)
    both = [
        await resort.post(resort.editor, "/places", body, Idempotency_Key="once-and-only") for _ in range(2)
    ]
    assert both[0].json() == both[1].json()
    assert len((await resort.get(resort.guest, "/places")).json()["items"]) == 1


async def test_what_was_told_can_be_told_again(resort: Resort) -> None:
    kept, gone = await resort.add(), await resort.add()
    await resort.put(resort.editor, f"/places/{gone['id']}", place(status="withdrawn"))
    page = (await resort.get(Caller(kind="system"), "/internal/snapshots/documents")).json()
    assert [(item["id"], item["version"]) for item in page["items"]] == [(kept["id"], 1)]
    assert page["items"][0]["data"]["title"] == {"id": "Museum Demo", "en": "Demo Museum"}


async def test_the_tree_of_categories_is_the_packs(resort: Resort) -> None:
    tree = (await resort.get(resort.guest, "/categories", Accept_Language="en")).json()
    codes = {each["code"]: each for group in tree["groups"] for each in group["categories"]}
    assert codes["fuel"]["osm"] == {"amenity": "fuel"}
    assert codes["place_of_worship"]["label"] == "Places of worship"
