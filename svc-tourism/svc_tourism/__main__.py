"""Commands: `python -m svc_tourism serve`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_tourism.app import SERVICE, create_app
from svc_tourism.settings import TourismSettings


def _create() -> tuple[FastAPI, TourismSettings]:
    settings = TourismSettings()
    return create_app(settings), settings


if __name__ == "__main__":
    command = main(sys.argv)
    if command != "serve":
        raise SystemExit(f"svc_tourism: unknown command {command!r}; there is: serve")
    serve(SERVICE.name, _create, Path(__file__).parent)
