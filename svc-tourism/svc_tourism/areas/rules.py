"""Approximate shapes of areas that have no official polygons: the very cells a point is assigned by."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely  # type: ignore[import-untyped]

REACH = 1.2
_STRAIGHT_M = 2e6  # an arc of a larger circle is a straight line within 2 m over a cell
_OFF_M = 3.0
_FAR_M = 1e5


@dataclass(frozen=True, slots=True)
class Centre:
    """A centroid in metres on a plane, and the square root of its area in metres."""

    x: float
    y: float
    weight: float

    @property
    def reach(self) -> float:
        """As far as its village goes without a neighbour: 1.2 x √(area / π), as shared.city.areas decides."""
        return REACH * self.weight / math.sqrt(math.pi)


def cells(centres: Sequence[Centre]) -> list[Any]:
    """For each centre the shapely polygon (metres) of the points that belong to it.

    A point belongs to the centre with the smallest distance / √area (shared.city.areas), if it is in its
    reach: a multiplicatively weighted Voronoi diagram, whose borders are circles of Apollonius.
    """
    discs = [_disc(centre.x, centre.y, centre.reach) for centre in centres]
    tree = shapely.STRtree(discs)
    made = []
    for index, (centre, cell) in enumerate(zip(centres, discs, strict=True)):
        for other in sorted(tree.query(cell)):
            if other != index:
                cell = _won(cell, centre, centres[other])
        made.append(_solid(cell))
    return made


def _won(cell: Any, mine: Centre, other: Centre) -> Any:
    """What of the cell is nearer to me, each distance divided by its weight."""
    if mine.weight < other.weight:
        circle = _apollonius(mine, other)
        return cell.intersection(circle if circle is not None else _half_plane(mine, other))
    circle = _apollonius(other, mine) if mine.weight > other.weight else None
    return cell.difference(circle if circle is not None else _half_plane(other, mine))


def _apollonius(lighter: Centre, heavier: Centre) -> Any:
    """The disc of the points nearer to the lighter centre; None if it is so large that a line will do."""
    ratio = (lighter.weight / heavier.weight) ** 2
    apart = math.hypot(lighter.x - heavier.x, lighter.y - heavier.y)
    radius = math.sqrt(ratio) * apart / (1 - ratio)
    if radius > _STRAIGHT_M:
        return None
    x = (lighter.x - ratio * heavier.x) / (1 - ratio)
    y = (lighter.y - ratio * heavier.y) / (1 - ratio)
    return _disc(x, y, radius)


def _half_plane(near: Centre, far: Centre) -> Any:
    """The side of the border where `near` wins, 100 km wide: both weigh almost the same."""
    apart = math.hypot(far.x - near.x, far.y - near.y)
    east, north = (far.x - near.x) / apart, (far.y - near.y) / apart
    share = near.weight / (near.weight + far.weight)
    x, y = near.x + (far.x - near.x) * share, near.y + (far.y - near.y) * share
    edge = [(x - north * _FAR_M, y + east * _FAR_M), (x + north * _FAR_M, y - east * _FAR_M)]
    back = [(px - east * _FAR_M, py - north * _FAR_M) for px, py in reversed(edge)]
    return shapely.Polygon([*edge, *back])


def _disc(x: float, y: float, radius: float) -> Any:
    """A circle drawn with an error below 3 m."""
    segments = max(8, math.ceil(math.pi / 4 * math.sqrt(radius / (2 * _OFF_M))))
    return shapely.Point(x, y).buffer(radius, quad_segs=segments)


def _solid(shape: Any) -> Any:
    """Without the slivers that rounding leaves."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 100]
    return shapely.simplify(shapely.union_all(parts), _OFF_M)
