"""Commands: `python -m svc_prices serve`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_prices.app import SERVICE, create_app
from svc_prices.settings import PricesSettings


def _create() -> tuple[FastAPI, PricesSettings]:
    settings = PricesSettings()
    return create_app(settings), settings


if __name__ == "__main__":
    command = main(sys.argv)
    if command != "serve":
        raise SystemExit(f"svc_prices: unknown command {command!r}; there is: serve")
    serve(SERVICE.name, _create, Path(__file__).parent)
