"""Official area polygons (GeoJSON, WGS 84) of a pack that has them."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import shapely  # type: ignore[import-untyped]

from shared.city.areas import Borders, Plane, Village
from shared.city.problems import Broken, Problems, read_text

_LARGEST_FILE = 50_000_000


def read_polygons(
    path: Path, villages: Iterable[Village], plane: Plane, problems: Problems
) -> Borders | None:
    """Official borders: one Polygon or MultiPolygon per village (property `code`); None if one is missing.

    A border belongs to its area; what lies on two areas belongs to the lower code.
    """
    wanted = {village.code: village for village in villages}
    shapes: dict[str, Any] = {}
    try:
        text = read_text(path, _LARGEST_FILE)
        for code, geometry in _features(text):
            shape, fault = _shape(geometry, wanted.get(code))
            if fault or code in shapes:
                line = text.count("\n", 0, max(0, text.find(f'"{code}"'))) + 1
                problems.add(path, line, f'area "{code}" {fault or "stands here twice"}')
            shapes[code] = shape
        if missing := sorted(set(wanted) - set(shapes)):
            raise Broken(1, f"has no polygon for {', '.join(missing)}")
    except Broken as broken:
        problems.add(path, broken.line, broken.why)
    if problems:
        return None
    return _finder([shapely.transform(shapes[code], plane.onto) for code in sorted(shapes)])


def _features(text: str) -> list[tuple[str, Any]]:
    try:
        features = json.loads(text)["features"]
        return [(str(feature["properties"]["code"]), feature["geometry"]) for feature in features]
    except json.JSONDecodeError as error:
        raise Broken(error.lineno, f"is not valid JSON: {error.msg}") from error
    except (KeyError, TypeError, RecursionError) as error:
        raise Broken(1, "must be a FeatureCollection whose features have the property code") from error


def _shape(geometry: Any, village: Village | None) -> tuple[Any, str]:
    """The polygon, and what is wrong with it."""
    if village is None:
        return None, "is not in areas.csv"
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.GEOSException, ValueError):
        return None, "has a geometry that cannot be read"
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        return None, "must be a Polygon or MultiPolygon"
    if not shape.is_valid:
        return None, f"is not a valid polygon: {shapely.is_valid_reason(shape)}"
    if not shapely.box(*shape.bounds).covers(shapely.Point(village.lon, village.lat)):
        return None, "is not around its centroid of areas.csv; positions are longitude, latitude"
    return shape, ""


def _finder(shapes: Sequence[Any]) -> Borders:
    tree = shapely.STRtree(shapes)

    def find(x: float, y: float) -> tuple[int, float]:
        point = shapely.Point(x, y)
        hits = tree.query(point, predicate="intersects")
        if len(hits):
            return int(hits.min()), 0.0
        nearest, distances = tree.query_nearest(point, return_distance=True)
        return int(nearest.min()), float(distances[0])

    return find
