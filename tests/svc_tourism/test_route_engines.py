"""The route port against OSRM and Valhalla themselves; skipped, with a reason, where they are missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.clock import ManualClock
from shared.testing import in_process
from svc_tourism.app import create_app
from svc_tourism.routes import rules
from svc_tourism.routes.client import RoutePort
from svc_tourism.settings import TourismSettings
from tests.svc_tourism import route_engines

SOUTH_WEST, NORTH_EAST = (-6.1799, 106.6301), (-6.1702, 106.6395)
SERVERS = {"osrm": route_engines.osrm, "valhalla": route_engines.valhalla}


def asked(start: tuple[float, float], to: tuple[float, float], mode: str) -> dict[str, Any]:
    return {
        "from": {"lat": start[0], "lon": start[1]},
        "to": {"lat": to[0], "lon": to[1]},
        "via": [{"lat": -6.174, "lon": 106.634}],
        "mode": mode,
    }


@pytest.mark.parametrize("engine", SERVERS)
async def test_a_real_engine_finds_the_way_and_says_the_turns(
    engine: str,
    databases: Any,
    settings_for: Callable[..., TourismSettings],
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    if route_engines.programs(engine) is None:
        pytest.skip(route_engines.missing(engine))
    async with SERVERS[engine](tmp_path) as address:
        settings = {"route_engine": engine, "route_url": address}
        app = create_app(settings_for(TourismSettings, databases.new("svc_tourism"), **settings), clock)
        async with in_process(app) as client:
            way = (await client.post("/v1/tourism/route", json=asked(SOUTH_WEST, NORTH_EAST, "car"))).json()
            far = asked((-6.12, 106.70), NORTH_EAST, "car")
            away = (await client.post("/v1/tourism/route", json=far)).json()
        await app.state.runtime.parts[RoutePort].close()
        await app.state.runtime.database.close()
    straight = rules.great_circle_m(SOUTH_WEST, NORTH_EAST)
    assert (way["method"], way["is_route"]) == (engine, True)
    assert straight < way["distance_m"] < 1.6 * straight
    line = way["geometry"]["coordinates"]
    assert rules.great_circle_m((line[0][1], line[0][0]), SOUTH_WEST) < 30
    assert rules.great_circle_m((line[-1][1], line[-1][0]), NORTH_EAST) < 60
    texts = [step["text"] for step in way["steps"]]
    assert texts[0].startswith("Mulai")
    assert texts[-1].startswith("Sampai di tujuan")
    assert sum(text.startswith("Sampai di tempat singgah") for text in texts) == 1
    assert any(text.startswith(("Belok kiri ke ", "Belok kanan ke ")) for text in texts)
    print(f"\n  {engine}: {way['distance_m']} m, {way['duration_s']} s: " + "; ".join(texts))
    assert (away["method"], away["is_route"]) == ("estimate", False)
    assert away["reason"]["code"] in ("no_route", "far_from_roads")
