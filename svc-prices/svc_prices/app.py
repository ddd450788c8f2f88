"""The service's table of contents."""

from fastapi import FastAPI

from shared.app import Service, build_app
from shared.clock import Clock
from svc_prices.settings import PricesSettings

SERVICE = Service(
    name="svc-prices",
    package="svc_prices",
    title="Harga bahan pokok",
    roles=frozenset({"market_surveyor", "price_supervisor"}),
)


def create_app(settings: PricesSettings, clock: Clock | None = None) -> FastAPI:
    """The service as an app, from settings alone."""
    return build_app(SERVICE, settings, clock)
