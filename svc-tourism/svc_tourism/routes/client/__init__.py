"""The routing engine an operator runs: OSRM or Valhalla over HTTP, chosen by settings."""

from svc_tourism.routes.client.answers import EngineFailed, Found, NoRoute, Turn, Unserved
from svc_tourism.routes.client.port import RoutePort

__all__ = ["EngineFailed", "Found", "NoRoute", "RoutePort", "Turn", "Unserved"]
