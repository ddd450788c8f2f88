"""Valhalla's HTTP API (valhalla_service, action `route`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from svc_tourism.routes.client.answers import EngineFailed, Found, NoRoute, Part, Turn, found, plain
from svc_tourism.routes.rules import Mode, Place

NAME: Literal["valhalla"] = "valhalla"
_COSTING: Mapping[Mode, str] = {
    "foot": "pedestrian",
    "bicycle": "bicycle",
    "motorcycle": "motorcycle",
    "car": "auto",
}
#: Valhalla's numbers of manoeuvres (proto/directions.proto); what is not here goes straight on.
_KINDS = {
    **dict.fromkeys((1, 2, 3), "depart"),
    **dict.fromkeys((4, 5, 6), "arrive"),
    9: "slight_right", 10: "right", 11: "sharp_right", 12: "u_turn", 13: "u_turn", 14: "sharp_left",
    15: "left", 16: "slight_left", 18: "keep_right", 19: "keep_left", 20: "keep_right", 21: "keep_left",
    23: "keep_right", 24: "keep_left", 25: "merge", 26: "roundabout", 27: "leave_roundabout",
    28: "ferry", 37: "merge", 38: "merge",
}  # fmt: skip
#: Its errors that mean: no road near (171), no path between (442), too far (154).
_NO_ROUTE = frozenset({154, 171, 442})
_PRECISION = 1e6


class _Manoeuvre(Part):
    type: int
    street_names: tuple[str, ...] = ()
    length: float
    time: float
    begin_shape_index: int = Field(ge=0)
    roundabout_exit_count: int | None = None


class _Leg(Part):
    shape: str = Field(max_length=1_000_000)
    maneuvers: tuple[_Manoeuvre, ...]


class _Summary(Part):
    length: float
    time: float


class _Trip(Part):
    summary: _Summary
    legs: tuple[_Leg, ...] = Field(min_length=1)


class _Answer(Part):
    trip: _Trip


def request(url: str, places: Sequence[Place], mode: Mode) -> tuple[str, str, Any]:
    """Method, address and body."""
    locations = [{"lat": round(lat, 6), "lon": round(lon, 6), "type": "break"} for lat, lon in places]
    body = {"locations": locations, "costing": _COSTING[mode], "units": "kilometers"}
    return "POST", f"{url.rstrip('/').replace('{mode}', mode)}/route", body


def read(answer: Mapping[str, Any]) -> Found:
    """The way; NoRoute, a ValidationError or EngineFailed if there is none in the answer."""
    if answer.get("error_code") in _NO_ROUTE:
        raise NoRoute(str(answer["error_code"]))
    trip = _Answer.model_validate(answer).trip
    shapes = [decode(leg.shape) for leg in trip.legs]
    turns = list(_turns(trip.legs, shapes))
    line = [position for shape in shapes for position in shape]
    return found(NAME, trip.summary.length * 1_000, trip.summary.time, line, turns)


def decode(shape: str) -> list[tuple[float, float]]:
    """(longitude, latitude) of an encoded polyline with six decimals; EngineFailed if it is damaged."""
    line, latitude, longitude, at = [], 0, 0, 0
    while at < len(shape):
        moved, at = _number(shape, at)
        latitude += moved
        moved, at = _number(shape, at)
        longitude += moved
        line.append((longitude / _PRECISION, latitude / _PRECISION))
    return line


def _number(shape: str, at: int) -> tuple[int, int]:
    """Google's encoding: five bits a letter, the lowest first; the last bit is the sign."""
    value = shift = 0
    while at < len(shape) and shift <= 35:
        bits = ord(shape[at]) - 63
        if not 0 <= bits < 64:
            break
        value |= (bits & 31) << shift
        at, shift = at + 1, shift + 5
        if bits < 32:
            return (~(value >> 1) if value & 1 else value >> 1), at
    raise EngineFailed("a damaged polyline")


def _turns(legs: Sequence[_Leg], shapes: Sequence[list[tuple[float, float]]]) -> Iterator[Turn]:
    for number, (leg, shape) in enumerate(zip(legs, shapes, strict=True), 1):
        for each in leg.maneuvers:
            if each.begin_shape_index >= len(shape):
                raise EngineFailed("a turn outside its line")
            kind = _KINDS.get(each.type, "continue")
            if kind == "arrive" and number < len(legs):
                kind = "via"
            if kind == "depart" and number > 1:
                kind = "continue"
            lon, lat = shape[each.begin_shape_index]
            road = plain(each.street_names[0]) if each.street_names else ""
            yield Turn(kind, road, lat, lon, each.length * 1_000, each.time, each.roundabout_exit_count)
