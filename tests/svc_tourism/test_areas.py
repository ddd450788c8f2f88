"""Shapes of areas: what is drawn is what a point is assigned by, with official polygons and without."""

import random
from pathlib import Path

import pytest
import shapely  # type: ignore[import-untyped]

from shared.city.pack import City, load_city
from svc_tourism.areas.rules import Centre, cells
from svc_tourism.areas.usecases import AreaShapes

CITIES = Path(__file__).parents[2] / "deploy" / "cities"
POINTS = 3_000


@pytest.mark.parametrize(("name", "approximate"), [("tangerang", True), ("contoh", False)])
def test_a_point_lies_in_the_shape_of_the_area_it_is_assigned_to(name: str, approximate: bool) -> None:
    city: City = load_city(CITIES / name)
    shapes = AreaShapes(city)
    tree = shapely.STRtree([each.shape for each in shapes.villages])
    box, chance, differ = city.bounding_box, random.Random(7), 0
    for _ in range(POINTS):
        lat, lon = chance.uniform(box.south, box.north), chance.uniform(box.west, box.east)
        located = city.areas.locate(lat, lon)
        hits = tree.query(shapely.Point(lon, lat), predicate="intersects")
        drawn = shapes.villages[hits.min()].code if len(hits) else None
        differ += drawn != (located.village.code if located.inside else None)
    assert differ <= POINTS * 0.005  # within metres of a border, as circles are drawn with corners
    assert {each.approximate for each in (*shapes.villages, *shapes.districts)} == {approximate}
    assert all(each.shape.is_valid and each.shape.geom_type == "MultiPolygon" for each in shapes.villages)


def test_districts_are_their_villages_and_nothing_overlaps() -> None:
    shapes = AreaShapes(load_city(CITIES / "tangerang"))
    for level in (shapes.villages, shapes.districts):
        together = shapely.union_all([each.shape for each in level])
        assert sum(each.shape.area for each in level) == pytest.approx(together.area, rel=1e-3)
    assert sum(each.area_km2 for each in shapes.districts) == pytest.approx(178.33, abs=0.05)


def test_the_border_between_two_centres_is_where_the_weighted_distances_are_equal() -> None:
    for weights in ((1_000, 1_000), (1_000, 1_001), (1_000, 1_500), (2_000, 1_000)):
        centres = [Centre(0, 0, weights[0]), Centre(900, 0, weights[1])]
        first, second = cells(centres)
        border = 900 * weights[0] / sum(weights)
        for x in (border - 5, border + 5):
            assert first.contains(shapely.Point(x, 0)) == (x < border), weights
            assert second.contains(shapely.Point(x, 0)) == (x > border), weights
        assert first.intersection(second).area < 0.01 * min(first.area, second.area)
