"""How often a point gets its right area, against the real polygons of Kota Tangerang."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from shared.city.areas import Areas
from shared.city.pack import load_city

TANGERANG = Path(__file__).parents[2] / "deploy/cities/tangerang"
SEED, POINTS = 20261123, 5_000


@pytest.fixture(scope="module")
def polygons(data: Path) -> dict[str, Any]:
    """Every kelurahan's polygon by code, in the order of the codes."""
    features = json.loads((data / "kelurahan-36.71.geojson").read_text())["features"]
    shapes = {
        feature["properties"]["code"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in features
    }
    return dict(sorted(shapes.items()))


@pytest.fixture(scope="module")
def points(polygons: dict[str, Any]) -> list[tuple[float, float, str]]:
    """(lat, lon, code) uniformly over the union; on overlapping polygons the lower code is right."""
    union = shapely.union_all(list(polygons.values()))
    shapely.prepare([union, *polygons.values()])
    found = []
    for lon, lat in _uniform(union):
        code = next(code for code, shape in polygons.items() if shapely.intersects_xy(shape, lon, lat))
        found.append((lat, lon, code))
    return found


def _uniform(union: Any) -> Iterator[tuple[float, float]]:
    chance = random.Random(SEED)
    west, south, east, north = union.bounds
    left = POINTS
    while left:
        lon, lat = chance.uniform(west, east), chance.uniform(south, north)
        if shapely.intersects_xy(union, lon, lat):
            left -= 1
            yield lon, lat


@pytest.fixture(scope="module")
def exact(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Areas:
    """The city's areas when the pack has the real polygons."""
    pack = Path(shutil.copytree(TANGERANG, tmp_path_factory.mktemp("pack") / "city"))
    shutil.copy(data / "kelurahan-36.71.geojson", pack / "areas.geojson")
    return load_city(pack).areas


def test_the_pack_states_the_facts_of_the_real_table(data: Path) -> None:
    rows = (data / "kelurahan-36.71.csv").read_text().splitlines()
    ours = [line for line in (TANGERANG / "areas.csv").read_text().splitlines() if not line.startswith("#")]
    assert ours == rows


def test_without_polygons_at_least_92_percent_get_the_right_kecamatan(
    points: list[tuple[float, float, str]],
) -> None:
    areas = load_city(TANGERANG).areas
    located = [(areas.locate(lat, lon), code) for lat, lon, code in points]
    district = sum(code.startswith(place.district.code) for place, code in located) / POINTS
    village = sum(place.village.code == code for place, code in located) / POINTS
    inside = sum(place.inside for place, _ in located) / POINTS
    print(
        f"\napproximate, seed {SEED}: kecamatan {district:.1%}, kelurahan {village:.1%}, inside {inside:.1%}"
    )
    assert district >= 0.92
    assert all(place.approximate for place, _ in located)


def test_with_polygons_every_point_gets_its_kecamatan_and_kelurahan(
    points: list[tuple[float, float, str]], exact: Areas
) -> None:
    located = [(exact.locate(lat, lon), code) for lat, lon, code in points]
    right = sum(place.village.code == code and place.inside for place, code in located)
    print(f"\npolygons, seed {SEED}: {right} of {POINTS} in the right kelurahan and kecamatan")
    assert right == POINTS
    assert not any(place.approximate for place, _ in located)


def test_a_corner_of_a_border_belongs_to_the_lowest_code_that_has_it(
    polygons: dict[str, Any], exact: Areas
) -> None:
    for shape in list(polygons.values())[::10]:
        for lon, lat in shapely.get_coordinates(shape)[::5]:
            code = next(code for code, other in polygons.items() if shapely.intersects_xy(other, lon, lat))
            assert exact.locate(lat, lon).village.code == code


def test_the_approximate_border_is_as_good_as_stated(polygons: dict[str, Any], exact: Areas) -> None:
    """Architecture: recall 95 %, precision 92 % of "inside", over the bounding box of the city."""
    chance, areas = random.Random(SEED), load_city(TANGERANG).areas
    west, south, east, north = shapely.union_all(list(polygons.values())).bounds
    pairs = []
    for _ in range(POINTS):
        lat, lon = chance.uniform(south, north), chance.uniform(west, east)
        pairs.append((areas.locate(lat, lon).inside, exact.locate(lat, lon).inside))
    both = sum(ours and real for ours, real in pairs)
    recall, precision = both / sum(real for _, real in pairs), both / sum(ours for ours, _ in pairs)
    print(f"\ninside the city, seed {SEED}: recall {recall:.1%}, precision {precision:.1%}")
    assert recall >= 0.93
    assert precision >= 0.90
