"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from shared.privacy import Holdings
from shared.runtime import Runtime
from svc_prices.commodities import api as commodities
from svc_prices.exchange import api as exchange
from svc_prices.indicators import api as indicators
from svc_prices.markets import api as markets
from svc_prices.observations import api as observations
from svc_prices.pack import SEEDS, PricesPack, load_prices
from svc_prices.privacy.usecases import erase, export
from svc_prices.readings import api as readings
from svc_prices.readings.usecases import Usual
from svc_prices.reviews import api as reviews
from svc_prices.settings import PricesSettings
from svc_prices.snapshots.usecases import OWNED
from svc_prices.surveys import api as surveys
from svc_prices.surveys import timers as survey_timers
from svc_prices.watches import api as watches
from svc_prices.watches import timers as watch_timers

SERVICE = Service(
    name="svc-prices",
    package="svc_prices",
    title="Harga bahan pokok",
    routers=(
        markets.router,
        commodities.router,
        observations.router,
        reviews.router,
        surveys.router,
        readings.router,
        indicators.router,
        exchange.router,
        watches.router,
    ),
    timers=survey_timers.TIMERS | watch_timers.TIMERS,
    background=(survey_timers.watch_surveys,),
    owned=OWNED,
    holds=Holdings(export, erase),
    seeds=SEEDS,
    roles=frozenset({"market_surveyor", "price_supervisor"}),
)


def create_app(settings: PricesSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    app = build_app(SERVICE, settings, clock)
    run: Runtime = app.state.runtime
    run.parts[PricesPack] = load_prices(run.city)
    run.parts[PricesSettings] = settings
    run.parts[Usual] = Usual(settings.usual_seconds)
    return app
