"""What is asked of a way, and what is answered."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import ConfigDict, Field

from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from shared.schemas import In, Labelled, Out, Point
from svc_tourism.routes import rules
from svc_tourism.routes.client import Turn
from svc_tourism.routes.rules import Mode, Place
from svc_tourism.routes.usecases import Way

_MOST_VIA = 5
_Position = Annotated[str, Field(max_length=60)]
_Where = Annotated[_Position, Query(description="lat,lon in degrees", examples=["-6.1783,106.6319"])]


class RouteIn(In):
    """From one place to another, by way of up to five."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    start: Point = Field(alias="from")
    to: Point
    via: tuple[Point, ...] = Field(default=(), max_length=_MOST_VIA)
    mode: Mode = "motorcycle"

    @property
    def places(self) -> list[Place]:
        """In the order they are passed."""
        return [(point.lat, point.lon) for point in (self.start, *self.via, self.to)]


class LineOut(Out):
    """A GeoJSON LineString: longitude, latitude."""

    type: Literal["LineString"] = "LineString"
    coordinates: Sequence[tuple[float, float]]


class StepOut(Out):
    """One thing to do, at `point`; the way from there to the next is `distance_m` long."""

    text: str
    point: Point
    distance_m: int
    duration_s: int


class RouteOut(Out):
    """A way. With `is_route: false` nobody looked at a road: `distance_m` and `duration_s` are likely, the
    longest ones should not be exceeded, there is no line and there are no turns; `reason` says why."""

    method: Literal["osrm", "valhalla", "estimate"]
    is_route: bool
    mode: Mode
    distance_m: int
    longest_distance_m: int | None = None
    duration_s: int
    longest_duration_s: int | None = None
    geometry: LineOut | None = None
    steps: Sequence[StepOut] = ()
    reason: Labelled | None = None
    geo: str = Field(description="RFC 5870, the destination: opens the device's own map")
    attribution: str | None = None

    @classmethod
    def of(cls, way: Way, run: Runtime, language: str) -> "RouteOut":
        """In the language of the answer."""
        geo = rules.geo_link(way.places[-1])

        def text(key: str) -> str:
            return run.texts.get(key, language)

        if way.found is None:
            return cls._estimated(way, geo, text)
        found = way.found
        return cls(
            method="osrm" if found.engine == "osrm" else "valhalla",
            is_route=True,
            mode=way.mode,
            distance_m=round(found.distance_m),
            duration_s=round(found.duration_s),
            geometry=LineOut(coordinates=found.line),
            steps=[_step(turn, text) for turn in found.turns],
            geo=geo,
            attribution=way.attribution,
        )

    @classmethod
    def _estimated(cls, way: Way, geo: str, text: Callable[[str], str]) -> "RouteOut":
        guess, reason = way.estimate, way.reason or "unserved"
        return cls(
            method="estimate",
            is_route=False,
            mode=way.mode,
            distance_m=round(guess.distance_m),
            longest_distance_m=round(guess.longest_m),
            duration_s=round(guess.duration_s),
            longest_duration_s=round(guess.longest_s),
            reason=Labelled(code=reason, label=text(f"route.reason.{reason}")),
            geo=geo,
        )


def _step(turn: Turn, text: Callable[[str], str]) -> StepOut:
    key = f"turn.{turn.kind}"
    if turn.kind == "roundabout" and turn.exit is not None:
        key += ".exit"
    said = text(f"{key}.road" if turn.road else key)
    return StepOut(
        text=said.format(road=turn.road, exit=turn.exit),
        point=Point(lat=turn.lat, lon=turn.lon),
        distance_m=round(turn.distance_m),
        duration_s=round(turn.duration_s),
    )


async def _asked(
    start: Annotated[_Where, Query(alias="from")],
    to: _Where,
    via: Annotated[
        list[_Position], Query(max_length=_MOST_VIA, description="lat,lon, up to five times")
    ] = [],  # noqa: B006
    mode: Mode = "motorcycle",
) -> RouteIn:
    return RouteIn(
        start=_point("from", start),
        to=_point("to", to),
        via=tuple(_point(f"via.{n}", text) for n, text in enumerate(via)),
        mode=mode,
    )


def _point(field: str, text: str) -> Point:
    """422 unless it is two numbers on the earth."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise Unprocessable(errors=[FieldError(field, "invalid")]) from None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise Unprocessable(errors=[FieldError(field, "invalid")])
    return Point(lat=lat, lon=lon)


Asked = Annotated[RouteIn, Depends(_asked)]
"""The question of a GET request."""
