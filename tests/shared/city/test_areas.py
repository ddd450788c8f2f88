"""The area of a point, with official polygons and without."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.city.areas import Areas, District, Plane, Village
from shared.city.pack import load_city
from shared.city.problems import PackError

NORTH, SOUTH = District("1", "North"), District("2", "South")
LATITUDES, LONGITUDES = st.floats(-6.4, -6.0), st.floats(106.4, 106.9)


def _square(lat: float, lon: float, half: float) -> dict[str, Any]:
    west, east, south, north = lon - half, lon + half, lat - half, lat + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _with_squares(pack: Path, half: float = 0.002, **other: Any) -> Path:
    """A square around every centroid; `other` replaces the geometry of a code (dots as underscores)."""
    villages = load_city(pack).areas.villages
    features = [
        {"properties": {"code": v.code}, "geometry": _square(v.lat, v.lon, half)} for v in reversed(villages)
    ]
    for feature in features:
        key = "v" + feature["properties"]["code"].replace(".", "_")
        feature["geometry"] = other.get(key, feature["geometry"])
    text = "\n".join(json.dumps(feature) + "," for feature in features).rstrip(",")
    (pack / "areas.geojson").write_text(f'{{"type": "FeatureCollection", "features": [\n{text}\n]}}')
    return pack


@pytest.fixture(scope="module")
def areas() -> Areas:
    return load_city(Path(__file__).parents[3] / "deploy/cities/tangerang").areas


def test_a_centroid_lies_in_its_own_village(areas: Areas) -> None:
    for village in areas.villages:
        located = areas.locate(village.lat, village.lon)
        assert (located.village, located.district) == (village, village.district)
        assert (located.inside, located.distance_m, located.approximate) == (True, 0, True)
        assert located.codes == (village.code, village.district.code)


def test_a_large_village_reaches_further_than_a_small_one() -> None:
    plane = Plane(0)
    small, large = Village("a", "A", NORTH, 0, 0, 1), Village("b", "B", SOUTH, 0, 0.03, 4)
    areas = Areas([large, small], plane)
    assert areas.locate(0, 0.0099).village == small
    assert areas.locate(0, 0.0101).village == large
    assert areas.villages == (small, large)


def test_outside_the_city_the_nearest_village_and_the_way_to_it_are_told() -> None:
    areas = Areas([Village("a", "A", NORTH, 0, 0, math.pi)], Plane(0))
    assert areas.locate(0, 1_199 / 111_195).inside
    located = areas.locate(0, 2_200 / 111_195)
    assert (located.inside, located.village.code) == (False, "a")
    assert located.distance_m == pytest.approx(1_000, abs=1)


@given(LATITUDES, LONGITUDES)
def test_every_point_has_a_nearest_village_by_weighted_distance(areas: Areas, lat: float, lon: float) -> None:
    located = areas.locate(lat, lon)
    plane = Plane((-6.2561 - 6.0971) / 2)
    x, y = plane.metres(lat, lon)

    def weighted(village: Village) -> float:
        east, north = plane.metres(village.lat, village.lon)
        return math.hypot(east - x, north - y) / math.sqrt(village.area_km2)

    best = min(map(weighted, areas.villages))
    assert weighted(located.village) == pytest.approx(best)
    assert located.inside == (best <= 1_000 * 1.2 / math.sqrt(math.pi))
    assert located.inside == (located.distance_m == 0)


@pytest.mark.parametrize("lat", [math.nan, math.inf])
def test_a_coordinate_that_is_no_number_is_refused(areas: Areas, lat: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        areas.locate(lat, 106.6)


def test_an_area_is_found_by_the_code_of_either_level(areas: Areas) -> None:
    village, district = areas.find("36.71.01.1001"), areas.find("36.71.01")
    assert isinstance(village, Village)
    assert village.district == district
    assert areas.find("36.72") is None


def test_a_city_without_polygons_is_read_without_the_geometry_library() -> None:
    """Which is a tenth of a second and some 15 MB of every process."""
    read = "import sys, pathlib as p, shared.app as a; a.load_city(p.Path(sys.argv[1])); print(*sys.modules)"
    pack = Path(__file__).parents[3] / "deploy/cities/tangerang"
    done = subprocess.run([sys.executable, "-c", read, str(pack)], capture_output=True, text=True, check=True)
    assert "shared.city.pack" in done.stdout.split()
    assert not {"shapely", "numpy"} & set(done.stdout.split())


def test_with_polygons_inside_and_border_belong_and_outside_is_measured(pack: Path) -> None:
    areas = load_city(_with_squares(pack)).areas
    benda = areas.find("36.71.04.1003")
    assert isinstance(benda, Village)
    corner = areas.locate(benda.lat + 0.002, benda.lon + 0.002)
    assert (corner.village, corner.inside, corner.approximate) == (benda, True, False)
    outside = areas.locate(benda.lat + 0.003, benda.lon)
    assert (outside.village, outside.inside) == (benda, False)
    assert outside.distance_m == pytest.approx(111.2, abs=0.5)


def test_a_point_on_two_areas_belongs_to_the_lower_code(pack: Path) -> None:
    areas = load_city(_with_squares(pack, half=0.3)).areas
    assert areas.locate(-6.2, 106.65).village.code == "36.71.01.1001"


@given(LATITUDES, LONGITUDES)
def test_projecting_keeps_north_up_and_east_right(lat: float, lon: float) -> None:
    plane = Plane(-6.2)
    x, y = plane.metres(lat, lon)
    assert plane.metres(lat + 0.01, lon)[1] - y == pytest.approx(1_111.95, abs=0.1)
    assert plane.metres(lat, lon + 0.01)[0] - x == pytest.approx(1_105.4, abs=0.1)
    assert plane.onto([(lon, lat)]) == [(x, y)]


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ({"type": "Point", "coordinates": [106.6, -6.1]}, "must be a Polygon or MultiPolygon"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "has a geometry that cannot be read"),
        ({"type": "Polygon", "coordinates": []}, "must be a Polygon or MultiPolygon"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            "is not a valid polygon",
        ),
        (None, "has a geometry that cannot be read"),
        (_square(106.6319, -6.1729, 0.01), "is not around its centroid of areas.csv"),
    ],
)
def test_a_broken_polygon_is_named_with_its_line(pack: Path, geometry: Any, why: str) -> None:
    _with_squares(pack, v36_71_01_1001=geometry)
    with pytest.raises(PackError) as caught:
        load_city(pack)
    assert f'areas.geojson:105: area "36.71.01.1001" {why}' in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"36.71.01.1001"', '"36.71.01.9999"', 'areas.geojson:105: area "36.71.01.9999" is not in areas.csv'),
        ('"36.71.01.1001"', '"36.71.01.9999"', "areas.geojson:1: has no polygon for 36.71.01.1001"),
        ('"36.71.13.1008"', '"36.71.13.1007"', 'areas.geojson:2: area "36.71.13.1007" '),
        ('"code"', '"kode"', "areas.geojson:1: must be a FeatureCollection"),
        ('"features"', '"areas"', "areas.geojson:1: must be a FeatureCollection"),
        ("},\n", "}\n", "areas.geojson:3: is not valid JSON"),
    ],
)
def test_a_broken_polygon_file_is_named_with_its_line(pack: Path, old: str, new: str, why: str) -> None:
    path = _with_squares(pack) / "areas.geojson"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PackError) as caught:
        load_city(pack)
    assert why in str(caught.value)
