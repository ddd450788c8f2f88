"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from shared.runtime import Runtime
from svc_news.agenda import api as agenda
from svc_news.articles import api as articles
from svc_news.articles import timers
from svc_news.articles.rules import STAFF
from svc_news.collected import api as collected
from svc_news.collected import timers as collected_timers
from svc_news.collecting import timers as collecting
from svc_news.collecting import usecases as collecting_work
from svc_news.feeds import api as feeds
from svc_news.feeds.documents import Written
from svc_news.fetching import usecases as fetching_work
from svc_news.newsroom import api as newsroom
from svc_news.pack import SEEDS, load_sources
from svc_news.settings import NewsSettings
from svc_news.snapshots.usecases import OWNED
from svc_news.sources import api as sources

SERVICE = Service(
    name="svc-news",
    package="svc_news",
    title="Berita kota",
    routers=(
        articles.router,
        newsroom.router,
        agenda.router,
        feeds.router,
        sources.router,
        collected.router,
    ),
    timers=timers.TIMERS,
    background=(*collecting.BACKGROUND, *collected_timers.BACKGROUND),
    owned=OWNED,
    seeds=SEEDS,
    roles=STAFF,
)


def create_app(settings: NewsSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    app = build_app(SERVICE, settings, clock)
    run: Runtime = app.state.runtime
    run.parts[NewsSettings] = settings
    run.parts[Written] = Written()
    load_sources(run.city)  # a broken file ends the start, not the first visit
    fetching_work.equip(run, settings)
    collecting_work.equip(run)
    return app
