"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_emergency.settings import EmergencySettings

SERVICE = Service(name="svc-emergency", package="svc_emergency", title="Gawat Darurat 112")


def create_app(settings: EmergencySettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
