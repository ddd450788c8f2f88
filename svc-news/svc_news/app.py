"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_news.settings import NewsSettings

SERVICE = Service(
    name="svc-news",
    package="svc_news",
    title="Berita kota",
    roles=frozenset({"editor"}),
)


def create_app(settings: NewsSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
