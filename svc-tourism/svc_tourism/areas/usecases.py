"""The shapes of both levels of areas, made once a process and kept."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import shapely  # type: ignore[import-untyped]

from shared.city.areas import Plane, Village
from shared.city.pack import City
from svc_tourism.areas import rules
from svc_tourism.areas.rules import Centre

Level = Literal["district", "village"]
_SIX_DECIMALS = 1e-6  # degrees: 11 cm


@dataclass(frozen=True, slots=True)
class AreaShape:
    """One area; `shape` is a shapely MultiPolygon in degrees (longitude, latitude)."""

    code: str
    name: str
    district: str
    district_name: str
    area_km2: float
    approximate: bool
    shape: Any

    @property
    def geometry(self) -> dict[str, Any]:
        """As GeoJSON, counter-clockwise (RFC 7946)."""
        made: dict[str, Any] = json.loads(shapely.to_geojson(self.shape))
        return made


class AreaShapes:
    """All areas of the city by level, in the order of their codes.

    From `areas.geojson` of the pack, checked by shared.city at start; without it the cells by which points
    are assigned to areas, marked approximate.
    """

    def __init__(self, city: City) -> None:
        self._city = city

    def level(self, level: Level) -> Sequence[AreaShape]:
        """The areas of one level."""
        return self.villages if level == "village" else self.districts

    def extent(self, level: Level) -> list[float]:
        """West, south, east, north of all of a level; approximate borders may leave the city's box."""
        return [round(float(each), 6) for each in shapely.total_bounds([s.shape for s in self.level(level)])]

    @cached_property
    def villages(self) -> Sequence[AreaShape]:
        """The lower level."""
        areas = self._city.areas
        shapes = self._cells() if areas.approximate else self._official()
        return tuple(
            AreaShape(
                v.code, v.name, v.district.code, v.district.name, v.area_km2, areas.approximate, tidy(shape)
            )
            for v, shape in zip(areas.villages, shapes, strict=True)
        )

    @cached_property
    def districts(self) -> Sequence[AreaShape]:
        """The upper level: what its villages are together."""
        found = []
        for district in self._city.areas.districts:
            inside = [each for each in self.villages if each.district == district.code]
            shape = shapely.union_all([each.shape for each in inside], grid_size=_SIX_DECIMALS)
            size = round(sum(each.area_km2 for each in inside), 4)
            code, name, approximate = district.code, district.name, self._city.areas.approximate
            found.append(AreaShape(code, name, code, name, size, approximate, tidy(shape)))
        return tuple(found)

    def _cells(self) -> Iterable[Any]:
        box = self._city.bounding_box
        plane = Plane((box.south + box.north) / 2)
        per_lon, per_lat = plane.metres(0, 1)[0], plane.metres(1, 0)[1]
        cells = rules.cells([_centre(village, plane) for village in self._city.areas.villages])
        return [shapely.transform(cell, lambda xy: xy / (per_lon, per_lat)) for cell in cells]

    def _official(self) -> Iterable[Any]:
        features = json.loads((self._city.folder / "areas.geojson").read_text(encoding="utf-8"))["features"]
        by_code = {
            str(feature["properties"]["code"]): shapely.from_geojson(json.dumps(feature["geometry"]))
            for feature in features
        }
        return [by_code[village.code] for village in self._city.areas.villages]


def tidy(shape: Any) -> Any:
    """A MultiPolygon as all of a layer should be, on a grid of six decimals, rings as in RFC 7946."""
    shape = shapely.orient_polygons(shapely.set_precision(shape, _SIX_DECIMALS))
    return shapely.multipolygons(shapely.get_parts(shape))


def _centre(village: Village, plane: Plane) -> Centre:
    x, y = plane.metres(village.lat, village.lon)
    return Centre(x, y, (village.area_km2 * 1e6) ** 0.5)
