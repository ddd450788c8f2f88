"""Finding a way: by the engine if it can, else by an estimate that says that it is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.errors import FieldError, Unprocessable
from shared.runtime import Runtime
from svc_tourism.routes import rules
from svc_tourism.routes.client import EngineFailed, Found, NoRoute, RoutePort, Unserved
from svc_tourism.routes.rules import Estimate, Mode, Place
from svc_tourism.settings import TourismSettings

Reason = Literal["unserved", "no_route", "engine_failed", "far_from_roads"]


class OutsideRouteArea(Unprocessable):
    code = "outside_route_area"


@dataclass(frozen=True, slots=True)
class Way:
    """What became of the question; `found` is None for an estimate, and `reason` says why."""

    places: Sequence[Place]
    mode: Mode
    estimate: Estimate
    found: Found | None = None
    reason: Reason | None = None
    attribution: str | None = None


async def find_way(run: Runtime, places: Sequence[Place], mode: Mode, *, patience: float) -> Way:
    """The way along two to seven places, in at most `patience` seconds.

    422 `outside_route_area` for a place beyond the city's box and its margin (ROUTE_MARGIN_KM).
    """
    settings = run.settings
    assert isinstance(settings, TourismSettings)
    box = rules.widened(run.city.bounding_box, settings.route_margin_km)
    _refuse_outside(run, places, [place for place in places if not box.holds(*place)])
    port: RoutePort = run.part(RoutePort)
    guess = rules.estimate(places, mode)
    try:
        found = await port.find(places, mode, patience)
    except Unserved:
        return Way(places, mode, guess, reason="unserved")
    except NoRoute:
        return Way(places, mode, guess, reason="no_route")
    except EngineFailed:
        return Way(places, mode, guess, reason="engine_failed")
    if not rules.leads_there(found.line, places, box):
        return Way(places, mode, guess, reason="far_from_roads")
    return Way(places, mode, guess, found, attribution=port.attribution)


def _refuse_outside(run: Runtime, places: Sequence[Place], outside: Sequence[Place]) -> None:
    if not outside:
        return
    names = ["from", *(f"via.{n}" for n in range(len(places) - 2)), "to"]
    wrong = [name for name, place in zip(names, places, strict=True) if place in outside]
    errors = [FieldError(name, "outside_route_area") for name in wrong]
    raise OutsideRouteArea(errors=errors, city=run.city.name.id)
