"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from shared.privacy import Holdings
from shared.runtime import Runtime
from svc_tourism.agenda import api as agenda
from svc_tourism.agenda import subscribers as agenda_subscribers
from svc_tourism.agenda import timers as agenda_timers
from svc_tourism.areas.usecases import AreaShapes
from svc_tourism.catalogue import api as catalogue
from svc_tourism.categories import api as categories
from svc_tourism.features import api as features
from svc_tourism.features import subscribers as features_subscribers
from svc_tourism.features import timers as features_timers
from svc_tourism.features.documents import Collections
from svc_tourism.hours import api as hours
from svc_tourism.hours.rules import CityHours
from svc_tourism.itineraries import api as itineraries
from svc_tourism.nearby import api as nearby
from svc_tourism.pack import PlaceCategories, load_categories, load_hours
from svc_tourism.places import api as places
from svc_tourism.places.documents import Labels
from svc_tourism.places.usecases import places_of_the_pack, published_documents
from svc_tourism.privacy.usecases import erase, export
from svc_tourism.reviews import api as reviews
from svc_tourism.routes import api as routes
from svc_tourism.routes.client import RoutePort
from svc_tourism.settings import TourismSettings

SERVICE = Service(
    name="svc-tourism",
    package="svc_tourism",
    title="e-Plesiran",
    routers=(
        categories.router,
        places.router,
        hours.router,
        nearby.router,
        reviews.router,
        itineraries.router,
        agenda.router,
        routes.router,
        features.router,
        catalogue.router,
    ),
    owned={"documents": published_documents},
    seeds=(places_of_the_pack(),),
    subscriptions=agenda_subscribers.SUBSCRIPTIONS + features_subscribers.SUBSCRIPTIONS,
    timers=agenda_timers.TIMERS,
    holds=Holdings(export, erase),
    background=features_timers.BACKGROUND,
    roles=frozenset({"tourism_editor"}),
)


def create_app(settings: TourismSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    app = build_app(SERVICE, settings, clock)
    run: Runtime = app.state.runtime
    run.parts[PlaceCategories] = tree = load_categories(run.city)
    run.parts[Labels] = Labels(run, tree)
    run.parts[CityHours] = load_hours(run.city)
    run.parts[AreaShapes] = AreaShapes(run.city)
    names = {code: category.name for code, category in tree.by_code.items()}
    run.parts[Collections] = Collections(run.city, run.texts, names)
    run.parts[RoutePort] = port = RoutePort(settings)
    run.closers.append(port.close)
    return app
