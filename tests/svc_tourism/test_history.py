"""Who changed which fact of a place, when, and what it said before: for officers, and for nobody else."""

from typing import Any

from tests.svc_tourism.resort import Resort, place


async def history(resort: Resort, ref: str, query: str = "") -> dict[str, Any]:
    answer = await resort.get(resort.editor, f"/editing/{ref}/history{query}")
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def test_each_edit_says_who_when_and_what_it_said_before(resort: Resort) -> None:
    made = await resort.add(entry_fee=5_000)
    resort.wait(hours=1)
    changed = place(entry_fee=7_500, hours="Setiap hari 08.00-17.00", status="closed", source="Disbudpar")
    assert (await resort.put(resort.editor, f"/places/{made['id']}", changed)).status_code == 200
    resort.wait(hours=1)
    look = {"groups": ["price", "hours"], "source": "kunjungan"}
    assert (await resort.post(resort.editor, f"/places/{made['id']}/checks", look)).status_code == 200

    checked, replaced, created = (await history(resort, made["slug"]))["items"]
    assert [each["version"] for each in (checked, replaced, created)] == [3, 2, 1]
    assert [each["action"]["code"] for each in (checked, replaced, created)] == [
        "checked",
        "changed",
        "created",
    ]
    assert (checked["groups"], checked["changes"], checked["source"]) == (["hours", "price"], {}, "kunjungan")
    assert replaced["changes"] == {
        "entry_fee": {"before": 5_000, "after": 7_500},
        "opening_hours": {"before": "Tu-Su 09:00-15:00; Mo closed", "after": "08:00-17:00"},
        "hours_text": {
            "before": "Selasa-Minggu 09.00-15.00; Senin tutup",
            "after": "Setiap hari 08.00-17.00",
        },
        "status": {"before": "published", "after": "closed"},
        "source": {"before": "demo", "after": "Disbudpar"},
    }
    assert replaced["groups"] == ["hours", "price"]
    assert (replaced["by"], replaced["agency"], replaced["at"]) == (
        "s-1",
        "disbudpar",
        "2026-02-02T10:00:00+07:00",
    )
    assert created["changes"]["name"] == {
        "before": None,
        "after": {"id": "Museum Demo", "en": "Demo Museum"},
    }
    assert "address" not in created["changes"]


async def test_an_edit_that_changes_nothing_is_told_and_reviews_are_no_edits(resort: Resort) -> None:
    made = await resort.add()
    assert (await resort.put(resort.editor, f"/places/{made['id']}", place())).status_code == 200
    review = {"rating": 5, "text": "Demo: bagus."}
    written = (await resort.post(resort.citizen, f"/places/{made['id']}/reviews", review)).json()
    assert (await resort.post(resort.editor, f"/reviews/{written['id']}/publish")).status_code == 200
    read = (await history(resort, made["id"]))["items"]
    assert [(each["version"], each["changes"] == {}) for each in read] == [(2, True), (1, False)]


async def test_the_history_is_read_page_by_page_in_two_statements_and_by_editors_alone(
    resort: Resort,
) -> None:
    made, another = await resort.add(), await resort.add()
    for fee in range(1, 5):
        await resort.put(resort.editor, f"/places/{made['id']}", place(entry_fee=fee))
    path, read = f"/editing/{made['slug']}/history", []
    page = await history(resort, made["slug"], "?limit=2")
    while True:
        read += [each["version"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
        page = await history(resort, made["slug"], f"?limit=2&cursor={cursor}")
    assert read == [5, 4, 3, 2, 1]
    strange = await resort.get(resort.editor, f"/editing/{another['id']}/history?cursor={cursor}")
    assert (strange.status_code, strange.json()["code"]) == (400, "bad_cursor")
    assert await resort.statements(resort.editor, path) == 2
    assert (await resort.get(resort.editor, "/editing/nobody/history")).status_code == 404
    assert (await resort.get(resort.citizen, path)).status_code == 403
    assert (await resort.get(resort.guest, path)).status_code == 401
