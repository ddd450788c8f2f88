"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_jobs.settings import JobsSettings

SERVICE = Service(name="svc-jobs", package="svc_jobs", title="Pencaker")


def create_app(settings: JobsSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
