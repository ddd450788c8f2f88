"""The audits as an administrator reads them."""

from typing import Any

import pytest
from sqlalchemy import text

from gateway.audits import usecases as audits
from gateway.people import usecases as people
from gateway.vault import Vault
from shared.testing import QueryRecorder


async def test_newest_first_with_who_what_and_when(archive: Any) -> None:
    page = (await archive.get()).json()
    assert [item["facts"].get("place") for item in page["items"]] == [5, 4, 3, 2, 1, None]
    newest = {name: page["items"][0][name] for name in ("at", "actor", "action", "subject", "facts")}
    assert newest == {
        "at": "2026-02-02T14:00:00+07:00",
        "actor": "admin-1",
        "action": "menu_changed",
        "subject": "menu:2",
        "facts": {"place": 5},
    }
    first = page["items"][-1]
    assert (first["actor"], first["action"], first["subject"]) == (
        "command", "client_registered", "client:web",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({"subject": "menu:1"}, [4, 1]),
        ({"actor": "admin-0"}, [4, 2]),
        ({"action": "menu_changed", "actor": "admin-1", "subject": "menu:0"}, [3]),
        ({"from": "2026-02-02T13:00:00+07:00"}, [5, 4]),
        ({"to": "2026-02-02T05:00:00Z", "action": "menu_changed"}, [2, 1]),
        ({"subject": "nothing"}, []),
    ],
)
async def test_filters_narrow_it(archive: Any, params: dict[str, str], places: list[int]) -> None:
    page = (await archive.get(**params)).json()
    assert [item["facts"]["place"] for item in page["items"]] == places


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("ops", 403), ("leader", 403), ("citizen", 403), ("guest", 401)]
)
async def test_only_administrators_read_it(archive: Any, role: str, status: int) -> None:
    assert (await archive.get(role)).status_code == status


async def test_pages_follow_one_another_and_belong_to_their_filter(archive: Any) -> None:
    first = (await archive.get(limit=4)).json()
    async with archive.run.database.transaction() as session:
        await audits.record(session, "command", "x_done", "x:1", now=archive.clock.now())
    second = (await archive.get(limit=4, cursor=first["next"])).json()
    assert [i["facts"].get("place") for i in first["items"] + second["items"]] == [5, 4, 3, 2, 1, None]
    assert second["next"] is None
    assert (await archive.get(limit=4, cursor=first["next"], actor="x")).json()["code"] == "bad_cursor"


async def test_members_of_staff_have_their_names_in_the_answer_alone(archive: Any) -> None:
    vault, now = archive.run.part(Vault), archive.clock.now()
    async with archive.run.database.transaction() as session:
        given: dict[str, Any] = {"agency": None, "vault": vault, "now": now}
        admin = await people.enrol(session, name="Ani Admin", roles=("admin",), **given)
        other = await people.enrol(session, name="Budi Ops", roles=("ops",), **given, actor=str(admin))
    with QueryRecorder().on(archive.run.database) as queries:
        page = (await archive.get(subject=f"staff:{other}")).json()
    [line] = page["items"]
    assert (line["actor"], line["actor_name"]) == (str(admin), "Ani Admin")
    assert (line["subject"], line["subject_name"]) == (f"staff:{other}", "Budi Ops")
    assert len(queries) == 2
    [first] = (await archive.get(subject="client:web")).json()["items"]
    assert (first["actor_name"], first["subject_name"]) == (None, None)
    async with archive.run.database.transaction() as session:
        kept = str((await session.execute(text("SELECT a::text, e::text FROM audits a, entries e"))).all())
    assert not [name for name in ("Ani", "Budi") if name in kept]
