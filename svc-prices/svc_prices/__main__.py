"""Commands: `python -m svc_prices serve`."""

from shared.command import run
from svc_prices.app import SERVICE, create_app
from svc_prices.settings import PricesSettings

if __name__ == "__main__":
    run(SERVICE, PricesSettings, create_app)
