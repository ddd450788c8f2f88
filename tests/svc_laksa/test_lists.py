"""Lists: what stands in them, page by page, at a known cost (test_at_scale.py: on an index)."""

from datetime import timedelta
from typing import Any

import pytest

from shared.auth import Caller
from shared.testing import QueryRecorder
from tests.svc_laksa.town import CENTRE, Town

KARAWACI = {"lat": -6.1868, "lon": 106.6069}


async def pages(town: Town, caller: Caller, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every item of a list, two at a time."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = params | {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await town.get(caller, path, params=query)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return items


async def some(town: Town, count: int, **more: Any) -> list[str]:
    made = []
    for _ in range(count):
        made.append((await town.submit(**more))["id"])
        town.clock.advance(timedelta(seconds=1))
    return made


async def test_the_public_list_is_newest_first_and_complete_page_by_page(town: Town) -> None:
    made = await some(town, 5)
    items = await pages(town, town.guest, "/reports")
    assert [item["id"] for item in items] == made[::-1]
    assert items[0]["excerpt"] == "Lubang besar di depan pasar"


async def test_reports_of_the_same_moment_are_neither_lost_nor_repeated(town: Town) -> None:
    made = [(await town.submit())["id"] for _ in range(5)]
    items = [item["id"] for item in await pages(town, town.guest, "/reports")]
    assert sorted(items) == sorted(made)


async def test_the_public_list_is_narrowed_by_category_state_area_and_box(town: Town) -> None:
    (hole,) = await some(town, 1)
    (lamp,) = await some(town, 1, category="lampu-jalan-mati", point=KARAWACI)
    await town.act(town.officer, {"id": hole}, "assign")
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"category": "jalan-berlubang"}, [hole]),
        ({"category": "jalan"}, [hole]),
        ({"category": "penerangan"}, [lamp]),
        ({"state": "assigned"}, [hole]),
        ({"area": "36.71.01"}, [hole]),
        ({"area": "36.71.01.1001"}, [hole]),
        ({"area": "36.71.11"}, []),
        ({"bbox": "106.62,-6.18,106.64,-6.16"}, [hole]),
        ({"bbox": "106.5,-6.3,106.8,-6.0"}, [lamp, hole]),
    ]
    for params, expected in cases:
        assert [item["id"] for item in await pages(town, town.guest, "/reports", **params)] == expected, (
            params
        )


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"category": "x"}, 422, "invalid"),
        ({"area": "99"}, 422, "invalid"),
        ({"state": "x"}, 422, "invalid"),
        ({"bbox": "1,2,3"}, 422, "invalid"),
        ({"bbox": "2,1,1,2"}, 422, "invalid"),
        ({"bbox": "nan,nan,nan,nan"}, 422, "invalid"),
        ({"limit": "101"}, 422, "invalid"),
        ({"cursor": "abc"}, 400, "bad_cursor"),
    ],
)
async def test_filters_nobody_understands_are_refused(
    town: Town, params: dict[str, str], status: int, code: str
) -> None:
    answer = await town.get(town.guest, "/reports", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_cursor_of_another_list_is_refused(town: Town) -> None:
    await some(town, 3)
    first = (await town.get(town.guest, "/reports?limit=1")).json()["next"]
    for path in ("/reports/mine", "/reports?state=received"):
        mixed = "&" if "?" in path else "?"
        answer = await town.get(town.citizen, f"{path}{mixed}cursor={first}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_nearby_gives_the_open_reports_around_a_point_nearest_first(town: Town) -> None:
    places = [{"lat": CENTRE["lat"] + n * 0.0005, "lon": CENTRE["lon"]} for n in (4, 1, 2)]
    made = [(await town.submit(point=place))["id"] for place in places]
    closed = await town.submit()
    await town.act(town.officer, closed, "reject", {"reason_code": "not_ours", "note": "x"})
    near = (await town.get(town.guest, "/reports/nearby", params=CENTRE | {"radius_m": 150})).json()["items"]
    assert [(item["id"], item["distance_m"]) for item in near] == [(made[1], 56), (made[2], 111)]
    wide = (
        await town.get(town.guest, "/reports/nearby", params=CENTRE | {"radius_m": 2_000, "limit": 1})
    ).json()
    assert len(wide["items"]) == 1
    for wrong in ({"lat": "nan", "lon": "1"}, {"lat": "-6"}, CENTRE | {"radius_m": 2_001}):
        assert (await town.get(town.guest, "/reports/nearby", params=wrong)).status_code == 422


async def test_mine_are_mine_in_every_state_and_privacy(town: Town) -> None:
    made = await some(town, 2)
    made += await some(town, 1, category="narkoba")
    await town.submit(town.other)
    assert [item["id"] for item in await pages(town, town.citizen, "/reports/mine")] == made[::-1]
    assert (await town.get(town.guest, "/reports/mine")).status_code == 401


async def test_the_queue_is_the_agency_s_own_by_deadline(town: Town) -> None:
    slow = await some(town, 2)
    fast = await some(town, 1, category="jembatan", attributes={"bahaya": "ya"})
    await town.submit(category="lampu-jalan-mati")
    items = await pages(town, town.officer, "/queue")
    assert [item["id"] for item in items] == fast + slow
    assert items[0]["privacy"] == "name_hidden"
    await town.act(town.officer, {"id": slow[0]}, "assign")
    mine = await pages(town, town.officer, "/queue", mine="true")
    assert [(item["id"], item["assignee"]) for item in mine] == [(slow[0], "s-officer")]
    assert len(await pages(town, town.crew, "/queue", state="received")) == 2
    await town.finished({"id": slow[1]})
    waiting = await pages(town, town.verifier, "/queue", of="verifier")
    assert [(item["id"], item["waits_for"]) for item in waiting] == [(slow[1], "laksa_verifier")]
    for caller, of in ((town.verifier, "agency"), (town.verifier, "moderator"), (town.citizen, "agency")):
        assert (await town.get(caller, "/queue", params={"of": of})).status_code == 403


LISTS: list[tuple[str, str, int]] = [
    ("guest", "/reports", 1),
    ("guest", "/reports/nearby?lat=-6.17&lon=106.63", 1),
    ("citizen", "/reports/mine", 1),
    ("officer", "/queue", 1),
    ("verifier", "/queue?of=verifier", 1),
    ("guest", "/ledger", 1),
    ("guest", "/categories", 0),
    ("guest", "/agencies", 0),
    ("officer", "/reports/{id}", 4),
    ("guest", "/reports/{id}", 4),
    ("citizen", "/reports/{id}/timeline", 4),
]


@pytest.mark.parametrize(("who", "path", "cost"), LISTS)
async def test_a_page_costs_the_same_however_long_it_is(town: Town, who: str, path: str, cost: int) -> None:
    made = await some(town, 3)
    await town.finished({"id": made[0]})
    with QueryRecorder().on(town.run.database) as queries:
        answer = await town.get(getattr(town, who), path.format(id=made[0]))
    assert answer.status_code == 200
    assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == cost, queries.statements
