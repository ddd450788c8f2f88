"""The way from here to there: engines of every temper behind the port, and the honest estimate."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from fastapi import FastAPI
from httpx import AsyncClient

from shared.clock import ManualClock
from shared.testing import free_port, in_process
from svc_tourism.app import create_app
from svc_tourism.routes import rules
from svc_tourism.routes.client import RoutePort
from svc_tourism.routes.client.breaker import Breaker
from svc_tourism.routes.client.valhalla import decode
from svc_tourism.settings import TourismSettings

PATH = "/v1/tourism/route"
HERE, THERE = (-6.1700, 106.6300), (-6.1800, 106.6400)
ASKED = {"from": {"lat": HERE[0], "lon": HERE[1]}, "to": {"lat": THERE[0], "lon": THERE[1]}, "mode": "car"}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def osrm_answer(line: list[list[float]] | None = None) -> dict[str, Any]:
    """As osrm-routed 6 writes it, cut to two legs' worth of turns."""
    line = line or [[106.63, -6.17], [106.64, -6.17], [106.64, -6.18]]

    def step(kind: str, modifier: str | None, name: str, at: list[float], **more: Any) -> dict[str, Any]:
        turn = {"type": kind, "location": at, "bearing_before": 0, "bearing_after": 90} | more
        return {
            "distance": 1105.6,
            "duration": 80.3,
            "name": name,
            "mode": "driving",
            "maneuver": turn | ({"modifier": modifier} if modifier else {}),
            "geometry": {"type": "LineString", "coordinates": line[:2]},
        }

    steps = [
        step("depart", "right", "Jalan Demo Satu", line[0]),
        step("turn", "right", "Jalan Demo Dua", line[1]),
        step("roundabout", "straight", "", line[1], exit=2),
        step("fork", "slight left", "Jalan Demo Tiga", line[1]),
        step("arrive", None, "Jalan Demo Tiga", line[-1]),
    ]
    route = {
        "distance": 2217.4,
        "duration": 160.9,
        "weight": 160.9,
        "weight_name": "routability",
        "geometry": {"type": "LineString", "coordinates": line},
        "legs": [{"distance": 2217.4, "duration": 160.9, "summary": "", "steps": steps}],
    }
    return {"code": "Ok", "routes": [route], "waypoints": []}


def turned(kind: int, at: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "begin_shape_index": at, "instruction": "-"} | more


def valhalla_answer() -> dict[str, Any]:
    """As valhalla_service 3 writes it, without what nobody reads."""
    turns = [
        turned(1, 0, street_names=["Jalan Demo Satu"], length=1.105, time=80.3),
        turned(15, 1, street_names=["Jalan Demo Dua"], length=1.112, time=80.6),
        turned(4, 2, length=0.0, time=0.0),
    ]
    shape = encoded([(106.63, -6.17), (106.64, -6.17), (106.64, -6.18)])
    trip = {"summary": {"length": 2.217, "time": 160.9}, "legs": [{"shape": shape, "maneuvers": turns}]}
    return {"trip": trip | {"status": 0, "units": "kilometers", "language": "en-US"}}


def encoded(line: list[tuple[float, float]]) -> str:
    """Google's polyline with six decimals, written from its description."""
    text, before = "", (0, 0)
    for lon, lat in line:
        now = (round(lat * 1e6), round(lon * 1e6))
        for moved in (now[0] - before[0], now[1] - before[1]):
            value = ~(moved << 1) if moved < 0 else moved << 1
            while value >= 32:
                text += chr((value & 31 | 32) + 63)
                value >>= 5
            text += chr(value + 63)
        before = now
    return text


async def json_of(content: Any, status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


@asynccontextmanager
async def engine(answer: Answer) -> AsyncIterator[tuple[str, list[str]]]:
    """A tiny engine on loopback: its address, and what it was asked."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path_qs} {await request.text()}".strip())
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def url(databases: Any) -> str:
    made: str = databases.new("svc_tourism")
    return made


@asynccontextmanager
async def tourism(
    url: str, settings_for: Callable[..., Any], clock: ManualClock, **settings: Any
) -> AsyncIterator[AsyncClient]:
    app: FastAPI = create_app(settings_for(TourismSettings, url, **settings), clock)
    async with in_process(app) as client:
        yield client
    await app.state.runtime.parts[RoutePort].close()
    await app.state.runtime.database.close()


async def test_without_an_engine_the_answer_is_an_estimate_and_says_so(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    async with tourism(url, settings_for, clock) as client:
        posted = await client.post(PATH, json=ASKED)
        read = await client.get(f"{PATH}?from=-6.17,106.63&to=-6.18,106.64&mode=car")
    assert posted.status_code == 200
    assert posted.json() == read.json()
    way = posted.json()
    straight = rules.great_circle_m(HERE, THERE)
    assert straight == pytest.approx(1567, abs=2)
    assert (way["method"], way["is_route"], way["reason"]["code"]) == ("estimate", False, "unserved")
    assert way["distance_m"] == round(straight * 1.45)
    assert way["longest_distance_m"] == round(straight * 2.35)
    assert (way["geometry"], way["steps"], way["geo"]) == (None, [], "geo:-6.180000,106.640000")
    assert way["duration_s"] == round(straight * 1.45 / (20 / 3.6))


async def test_osrm_gives_a_line_and_turns_in_the_language_of_the_answer(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    async with engine(lambda _: json_of(osrm_answer())) as (address, asked):
        settings = {"route_engine": "osrm", "route_url": address + "/"}
        async with tourism(url, settings_for, clock, **settings) as client:
            way = (await client.post(PATH, json=ASKED)).json()
            english = (await client.post(PATH, json=ASKED, headers={"Accept-Language": "en"})).json()
    assert asked[0].startswith("GET /route/v1/car/106.630000,-6.170000;106.640000,-6.180000?")
    assert (way["method"], way["is_route"], way["distance_m"], way["duration_s"]) == ("osrm", True, 2217, 161)
    assert way["geometry"]["type"] == "LineString"
    assert way["geometry"]["coordinates"][0] == [106.63, -6.17]
    assert way["attribution"].startswith("© OpenStreetMap")
    assert [step["text"] for step in way["steps"]] == [
        "Mulai di Jalan Demo Satu",
        "Belok kanan ke Jalan Demo Dua",
        "Di bundaran, ambil jalan keluar ke-2",
        "Ambil jalur kiri ke Jalan Demo Tiga",
        "Sampai di tujuan, Jalan Demo Tiga",
    ]
    assert english["steps"][1]["text"] == "Turn right onto Jalan Demo Dua"
    assert way["steps"][0]["point"] == {"lat": -6.17, "lon": 106.63}


async def test_valhalla_gives_the_same_shape(url: str, settings_for: Any, clock: ManualClock) -> None:
    async with engine(lambda _: json_of(valhalla_answer())) as (address, asked):
        settings = {"route_engine": "valhalla", "route_url": address}
        async with tourism(url, settings_for, clock, **settings) as client:
            way = (await client.post(PATH, json=ASKED | {"mode": "foot"})).json()
    sent = json.loads(asked[0].removeprefix("POST /route "))
    assert sent["costing"] == "pedestrian"
    assert [(place["lat"], place["lon"]) for place in sent["locations"]] == [HERE, THERE]
    assert (way["method"], way["distance_m"], way["duration_s"]) == ("valhalla", 2217, 161)
    assert way["geometry"]["coordinates"] == [[106.63, -6.17], [106.64, -6.17], [106.64, -6.18]]
    assert [step["text"] for step in way["steps"]] == [
        "Mulai di Jalan Demo Satu",
        "Belok kiri ke Jalan Demo Dua",
        "Sampai di tujuan",
    ]


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def huge(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(200):
        await answer.write(b'["' + b"a" * 65_536 + b'",')
    return answer


FAULTS: dict[str, tuple[Answer, str]] = {
    "slow": (slow, "engine_failed"),
    "garbage": (lambda _: json_of("not { a route"), "engine_failed"),
    "html": (lambda _: _text("<html>hello</html>"), "engine_failed"),
    "nan": (lambda _: _text('{"code":"Ok","routes":[{"distance":NaN}]}'), "engine_failed"),
    "deep": (lambda _: _text("[" * 200_000), "engine_failed"),
    "500": (lambda _: json_of({"code": "InternalError"}, 500), "engine_failed"),
    "redirect": (lambda _: _moved(), "engine_failed"),
    "huge": (huge, "engine_failed"),
    "bad query": (lambda _: json_of({"code": "InvalidQuery", "message": "x"}, 400), "engine_failed"),
    "no road": (lambda _: json_of({"code": "NoRoute", "routes": []}, 400), "no_route"),
    "elsewhere": (lambda _: json_of(osrm_answer([[106.2, -6.2], [106.3, -6.2]])), "far_from_roads"),
}


async def _text(content: str) -> web.Response:
    return web.Response(text=content, content_type="application/json")


async def _moved() -> web.Response:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_engine_that_fails_gives_way_to_the_estimate(
    url: str, settings_for: Any, clock: ManualClock, fault: str
) -> None:
    answer, reason = FAULTS[fault]
    async with engine(answer) as (address, asked):
        settings = {"route_engine": "osrm", "route_url": address}
        async with tourism(url, settings_for, clock, **settings) as client:
            answered = await client.post(PATH, json=ASKED)
    assert answered.status_code == 200
    assert (answered.json()["method"], answered.json()["reason"]["code"]) == ("estimate", reason)
    assert answered.json()["steps"] == []
    assert len(asked) == 1


async def test_an_engine_that_is_not_there_is_left_alone_after_five_failures(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    async with engine(lambda _: json_of({}, 500)) as (address, asked):
        settings = {"route_engine": "osrm", "route_url": address}
        async with tourism(url, settings_for, clock, **settings) as client:
            for _ in range(8):
                assert (await client.post(PATH, json=ASKED)).json()["reason"]["code"] == "engine_failed"
    assert len(asked) == 5


def test_a_resting_engine_is_tried_once_in_fifteen_seconds_and_comes_back_with_one_success() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(5):
        assert breaker.admits()
        breaker.failed()
    assert not breaker.admits()
    now[0] = 15.1
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.failed()
    now[0] = 31.0
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits() for _ in range(3)] == [True, True, True]


async def test_one_osrm_server_is_taken_for_a_cars_and_other_modes_are_estimated(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    async with engine(lambda _: json_of(osrm_answer())) as (address, asked):
        settings = {"route_engine": "osrm", "route_url": address}
        async with tourism(url, settings_for, clock, **settings) as client:
            walked = (await client.post(PATH, json=ASKED | {"mode": "foot"})).json()
        assert (walked["method"], walked["reason"]["code"], asked) == ("estimate", "unserved", [])
        settings["route_url"] = address + "/{mode}"
        async with tourism(url, settings_for, clock, **settings) as client:
            walked = (await client.post(PATH, json=ASKED | {"mode": "foot"})).json()
    assert walked["method"] == "osrm"
    assert asked[0].startswith("GET /foot/route/v1/foot/")


async def test_places_far_from_the_city_are_refused_by_name(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    bandung = {"lat": -6.91, "lon": 107.61}
    async with tourism(url, settings_for, clock) as client:
        refused = await client.post(PATH, json=ASKED | {"via": [ASKED["to"], bandung]})
        assert (refused.status_code, refused.json()["code"]) == (422, "outside_route_area")
        assert [each["field"] for each in refused.json()["errors"]] == ["via.1"]
        assert "Kota Tangerang" in refused.json()["detail"]
        for query in ("from=1&to=2,3", "from=nan,1&to=-6.1,106.6", "from=a,b&to=-6.1,106.6", "to=-6.1,106.6"):
            assert (await client.get(f"{PATH}?{query}")).status_code == 422
        many = [ASKED["to"]] * 6
        assert (await client.post(PATH, json=ASKED | {"via": many})).status_code == 422


async def test_an_estimate_goes_by_way_of_the_places_between(
    url: str, settings_for: Any, clock: ManualClock
) -> None:
    async with tourism(url, settings_for, clock) as client:
        direct = (await client.get(f"{PATH}?from=-6.17,106.63&to=-6.18,106.64")).json()
        around = (await client.get(f"{PATH}?from=-6.17,106.63&via=-6.20,106.60&to=-6.18,106.64")).json()
    assert around["distance_m"] > 3 * direct["distance_m"]
    assert direct["mode"] == "motorcycle"


def test_a_damaged_polyline_is_no_line() -> None:
    line = [(106.63, -6.17), (106.640001, -6.17), (-0.5, 12.25)]
    assert decode(encoded(line)) == line
    for damaged in ("_", "~~~~~~~~~~~~", "\x00abc", encoded(line)[:-1]):
        with pytest.raises(Exception, match="damaged"):
            decode(damaged)
