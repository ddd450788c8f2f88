"""OSRM's HTTP API (osrm-routed, service `route`, version v1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from svc_tourism.routes.client.answers import EngineFailed, Found, NoRoute, Part, Turn, found, plain
from svc_tourism.routes.rules import Mode, Place

NAME: Literal["osrm"] = "osrm"
_MODIFIERS = {
    "left": "left",
    "right": "right",
    "slight left": "slight_left",
    "slight right": "slight_right",
    "sharp left": "sharp_left",
    "sharp right": "sharp_right",
    "uturn": "u_turn",
}
_KINDS = {
    "depart": "depart",
    "merge": "merge",
    "roundabout": "roundabout",
    "rotary": "roundabout",
    "exit roundabout": "leave_roundabout",
    "exit rotary": "leave_roundabout",
}
#: What OSRM says when the fault is not its own: there is no road, or none near.
_NO_ROUTE = frozenset({"NoRoute", "NoSegment"})


class _Manoeuvre(Part):
    type: str
    modifier: str | None = None
    location: tuple[float, float]
    exit: int | None = None


class _Step(Part):
    distance: float
    duration: float
    name: str = ""
    maneuver: _Manoeuvre


class _Leg(Part):
    steps: tuple[_Step, ...] = ()


class _Line(Part):
    coordinates: list[tuple[float, float]]


class _Route(Part):
    distance: float
    duration: float
    geometry: _Line
    legs: tuple[_Leg, ...]


class _Answer(Part):
    code: str
    routes: tuple[_Route, ...] = Field(default=(), max_length=8)


def request(url: str, places: Sequence[Place], mode: Mode) -> tuple[str, str, Any]:
    """Method, address and body. `{mode}` in the operator's address names one server per mode."""
    along = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in places)
    base = url.rstrip("/").replace("{mode}", mode)
    return "GET", f"{base}/route/v1/{mode}/{along}?overview=full&geometries=geojson&steps=true", None


def read(answer: Mapping[str, Any]) -> Found:
    """The way; NoRoute, a ValidationError or EngineFailed if there is none in the answer."""
    said = _Answer.model_validate(answer)
    if said.code in _NO_ROUTE:
        raise NoRoute(said.code)
    if said.code != "Ok" or not said.routes:
        raise EngineFailed(plain(said.code))
    route = said.routes[0]
    turns = list(_turns(route.legs))
    return found(NAME, route.distance, route.duration, route.geometry.coordinates, turns)


def _turns(legs: Sequence[_Leg]) -> Iterator[Turn]:
    for number, leg in enumerate(legs, 1):
        for step in leg.steps:
            kind = _kind(step.maneuver, last=number == len(legs))
            if kind == "depart" and number > 1:
                kind = "continue"
            lon, lat = step.maneuver.location
            yield Turn(kind, plain(step.name), lat, lon, step.distance, step.duration, step.maneuver.exit)


def _kind(manoeuvre: _Manoeuvre, *, last: bool) -> str:
    turned = _MODIFIERS.get(manoeuvre.modifier or "", "continue")
    if manoeuvre.type == "arrive":
        return "arrive" if last else "via"
    if manoeuvre.type == "fork" and "_" in turned:
        return "keep_left" if turned.endswith("left") else "keep_right"
    return _KINDS.get(manoeuvre.type, turned)
