"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_example.announcements import api as announcements
from svc_example.announcements.usecases import published_documents
from svc_example.settings import ExampleSettings

SERVICE = Service(
    name="svc-example",
    package="svc_example",
    title="Example",
    routers=(announcements.router,),
    owned={"documents": published_documents},
)


def create_app(settings: ExampleSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
