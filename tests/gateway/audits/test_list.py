"""The audits as an administrator reads them."""

from typing import Any

import pytest

from gateway.audits import usecases as audits


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
