"""Pages are whole and without repeats while documents arrive; filters narrow; places are near or far."""

from datetime import UTC, datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from gateway.search import usecases as search
from gateway.search.rules import keys, pages
from shared.clock import ManualClock
from tests.gateway.search.conftest import Find, document

CENTRE = {"lat": -6.17, "lon": 106.64}
NEWEST = datetime(2026, 2, 1, 12, tzinfo=UTC)


def at(hours_ago: float) -> str:
    return (NEWEST - timedelta(hours=hours_ago)).isoformat()


async def test_every_match_is_shown_once_however_many_arrive_meanwhile(
    find: Find, keep: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.search.queries.WINDOW", 7)
    monkeypatch.setattr(pages, "WINDOW", 7)
    await keep(*(document(f"n{n}", "Banjir surut", published_at=at(n * n)) for n in range(60)))
    seen: list[str] = []
    cursor = None
    for turn in range(200):
        page = await find("banjir", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        await keep(
            document(f"new{turn}", "Banjir baru"),
            document(f"late{turn}", "Banjir lama", published_at=at(turn * 90 + 0.5)),
        )
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert {f"n{n}" for n in range(60)} <= set(seen)


async def test_a_cursor_belongs_to_its_search(client: AsyncClient, find: Find, keep: Any) -> None:
    await keep(*(document(f"c{n}", "Lomba burung") for n in range(3)))
    cursor = (await find("lomba", limit=1))["next"]
    for other in (
        {"q": "burung"},
        {"q": "lomba", "type": "article"},
        {"q": "lomba", "lat": -6.1, "lon": 106.6},
    ):
        answer = await client.get("/v1/search", params={"limit": 1, "cursor": cursor, **other})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    for damaged in (cursor[:-4], "e30", "x" * 400):
        assert (await client.get("/v1/search", params={"q": "lomba", "cursor": damaged})).status_code == 400


async def test_types_and_areas_narrow_what_is_found(find: Find, keep: Any) -> None:
    await keep(
        document("t1", "Taman Potret", kind="tourism_place", area="36.71.01.1002"),
        document("t2", "Taman Potret ditata", area="36.71.01"),
        document("t3", "Taman Potret ramai", area="36.71.02.1001"),
    )
    for more, wanted in (
        ({}, {"t1", "t2", "t3"}),
        ({"type": "place"}, {"t1"}),
        ({"type": "article"}, {"t2", "t3"}),
        ({"area": "36.71.01"}, {"t1", "t2"}),
        ({"area": "36.71.01.1002"}, {"t1"}),
        ({"area": "36.71", "type": "place"}, {"t1"}),
        ({"type": "vacancy"}, set()),
    ):
        assert {item["id"] for item in (await find("taman potret", **more))["items"]} == wanted, more


async def test_what_is_near_comes_first_and_a_radius_leaves_the_rest_out(find: Find, keep: Any) -> None:
    for name, north in (("far", 0.09), ("near", 0.001), ("mid", 0.01)):
        point = {"lat": CENTRE["lat"] + north, "lon": CENTRE["lon"]}
        await keep(document(name, "Apotek sehat", kind="tourism_place", point=point))
    await keep(document("nowhere", "Apotek sehat"))
    items = (await find("apotek", **CENTRE))["items"]
    assert [item["id"] for item in items] == ["near", "mid", "far", "nowhere"]
    assert [item["distance_m"] for item in items] == [111, 1112, 10008, None]
    for radius, wanted in (
        (50, []),
        (200, ["near"]),
        (1_200, ["near", "mid"]),
        (50_000, ["near", "mid", "far"]),
    ):
        page = await find("apotek", **CENTRE, radius_m=radius)
        assert [item["id"] for item in page["items"]] == wanted


async def test_no_search_is_planned_for_any_words_but_for_its_own(app: FastAPI, clock: ManualClock) -> None:
    """A plan made once for all words takes seconds for those that half of all documents have."""
    asked = search.Filters("pasar malam", "id", None, None, None, None)
    async with app.state.runtime.database.transaction() as session:
        for _ in range(8):
            await search.find(session, asked, cursor=None, limit=5, now=clock.now())
        kept = "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
        generic, custom = (
            await session.execute(
                text(f"{kept} WHERE statement LIKE '%ts_rank%' AND statement NOT LIKE '%generic%'")
            )
        ).one()
    assert generic == 0
    assert custom >= 8


PLACES = st.tuples(st.floats(-70, 70), st.floats(-170, 170))


@given(
    centre=PLACES, radius=st.floats(1, keys.MOST_RADIUS_M), angle=st.floats(0, 6.29), part=st.floats(0, 0.999)
)
def test_the_squares_of_a_circle_hold_everything_in_it(
    centre: tuple[float, float], radius: float, angle: float, part: float
) -> None:
    lat, lon = (radians(each) for each in centre)
    far = radius * part / keys.EARTH_M
    there = asin(sin(lat) * cos(far) + cos(lat) * sin(far) * cos(angle))
    east = atan2(sin(angle) * sin(far) * cos(lat), cos(far) - sin(lat) * sin(there))
    point = (degrees(there), degrees(lon + east))
    covering = keys.squares(*centre, radius)
    assert set(covering) & set(keys.keys_of("x", None, point, NEWEST))
    assert len(covering) <= 25 or radius > 20_000


@given(
    newest=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    ago=st.timedeltas(timedelta(0), timedelta(days=5_000)),
)
def test_every_moment_lies_in_one_stretch_and_among_its_spans(newest: datetime, ago: timedelta) -> None:
    moment = newest.replace(tzinfo=UTC) - ago
    stretches = list(keys.slices(newest.replace(tzinfo=UTC)))
    holding = [
        each
        for each in stretches
        if (each.since is None or each.since <= moment) and (each.before is None or moment < each.before)
    ]
    (only,) = holding
    assert not only.keys or set(only.keys) & set(keys.keys_of("x", None, None, moment))
