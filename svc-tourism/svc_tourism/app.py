"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_tourism.settings import TourismSettings

SERVICE = Service(
    name="svc-tourism",
    package="svc_tourism",
    title="e-Plesiran",
    roles=frozenset({"tourism_editor"}),
)


def create_app(settings: TourismSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
