"""A citizen's own part: her open requests first, told to nobody else, and home without them if it must."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, text

from gateway.requests.models import CityRequest
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import QueryRecorder
from tests.gateway.home.conftest import Town

Signed = Callable[..., dict[str, str]]
BEGAN = datetime(2026, 2, 1, 1, 0, tzinfo=UTC)


async def asked(town: Town, citizen: str, number: int, *, closed: bool = False) -> None:
    """A request of somebody's; a higher number changed later."""
    said = {"id": f"Jalan rusak {number}", "en": f"Broken road {number}"}
    row = {
        "kind": "laksa_report",
        "entity_id": str(new_id()),
        "citizen_id": citizen,
        "version": 1,
        "number": f"L-{number}",
        "title": said,
        "state": "assigned",
        "state_label": {"id": "Ditugaskan", "en": "Assigned"},
        "next_step": {"id": "Petugas datang", "en": "A crew comes"},
        "due_at": BEGAN + timedelta(days=2),
        "link": f"/v1/laksa/reports/L-{number}",
        "closed": closed,
        "updated_at": BEGAN + timedelta(minutes=number),
    }
    async with town.run.database.transaction() as session:
        await session.execute(insert(CityRequest).values(row))


async def test_open_requests_stand_first_the_last_changed_on_top_in_one_query(
    town: Town, signed_in: Signed
) -> None:
    for number in range(7):
        await asked(town, "c-many", number)
    await asked(town, "c-many", 8, closed=True)
    await asked(town, "c-other", 9)
    await town.home()
    with QueryRecorder().on(town.run.database) as queries:
        answer = await town.home(**signed_in("c-many"), Accept_Language="en")
    first = answer.json()["sections"][0]
    assert len([each for each in queries.statements if "FROM requests" in each]) == 1
    assert (first["name"], first["title"], first["status"], first["more"]) == (
        "my_requests",
        "My requests",
        "ok",
        True,
    )
    assert [item["number"] for item in first["items"]] == ["L-6", "L-5", "L-4", "L-3", "L-2"]
    assert {name: first["items"][0][name] for name in ("title", "state", "next_step", "due_at", "link")} == {
        "title": "Broken road 6",
        "state": "assigned",
        "next_step": "A crew comes",
        "due_at": "2026-02-03T08:00:00+07:00",
        "link": "/v1/laksa/reports/L-6",
    }
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers.get("x-cache", "miss") not in ("hit", "stale")


async def test_what_is_mine_is_given_to_nobody_else_and_the_rest_is_the_same(
    town: Town, signed_in: Signed
) -> None:
    await asked(town, "c-private", 31)
    mine = (await town.home(**signed_in("c-private"))).json()["sections"]
    assert [item["number"] for item in mine[0]["items"]] == ["L-31"]
    hers = (await town.home(**signed_in("c-without"))).json()["sections"]
    guest = (await town.home()).json()["sections"]
    assert (hers[0]["status"], hers[0]["items"]) == ("ok", [])
    assert mine[1:] == hers[1:] == guest


async def test_while_nothing_changes_her_home_is_not_sent_again(
    town: Town, signed_in: Signed, clock: ManualClock
) -> None:
    await asked(town, "c-again", 51)
    first = await town.home(**signed_in("c-again"))
    assert first.json()["sections"][0]["as_of"] == "2026-02-01T08:51:00.000+07:00"
    clock.advance(timedelta(seconds=60))
    held = signed_in("c-again") | {"If-None-Match": first.headers["etag"]}
    assert (await town.http.get("/v1/home", headers=held)).status_code == 304


async def test_while_the_database_hangs_home_is_there_without_her_part(town: Town, signed_in: Signed) -> None:
    await town.home()
    async with town.run.database.engine.begin() as other:
        await other.execute(text("LOCK TABLE requests IN ACCESS EXCLUSIVE MODE"))
        sections = (await town.home(**signed_in("c-waits"))).json()["sections"]
    assert [s["status"] for s in sections] == ["unavailable", "ok", "ok", "ok", "ok"]
    assert (await town.home(**signed_in("c-waits"))).json()["sections"][0]["status"] == "ok"


async def test_a_member_of_staff_sees_what_a_guest_sees(town: Town, signed_in: Signed) -> None:
    assert (await town.home(**signed_in("s1", "staff"))).json() == (await town.home()).json()


async def test_without_the_database_a_citizen_has_all_the_rest(town: Town, signed_in: Signed) -> None:
    with town.without_database():
        sections = (await town.home(**signed_in("c-any"))).json()["sections"]
    assert [(s["name"], s["status"]) for s in sections] == [
        ("my_requests", "unavailable"), ("reports", "ok"), ("prices", "ok"), ("news", "ok"), ("events", "ok"),
    ]  # fmt: skip


async def test_an_own_answer_is_compressed_whole_and_reads_the_same(town: Town, signed_in: Signed) -> None:
    await asked(town, "c-zip", 41)
    town.stands["news"].wide = 2_000
    await town.reread("news")
    plain = await town.home(**signed_in("c-zip"), Accept_Encoding="identity")
    zipped = await town.home(**signed_in("c-zip"), Accept_Encoding="br, gzip")
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.json() == plain.json()
    assert int(zipped.headers["content-length"]) < len(plain.content) / 4
    assert zipped.headers["etag"] != plain.headers["etag"]
    held = signed_in("c-zip") | {"If-None-Match": zipped.headers["etag"], "Accept-Encoding": "gzip"}
    assert (await town.http.get("/v1/home", headers=held)).status_code == 304
