"""Commands: `python -m svc_emergency serve`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_emergency.app import SERVICE, create_app
from svc_emergency.settings import EmergencySettings


def _create() -> tuple[FastAPI, EmergencySettings]:
    settings = EmergencySettings()
    return create_app(settings), settings


if __name__ == "__main__":
    command = main(sys.argv)
    if command != "serve":
        raise SystemExit(f"svc_emergency: unknown command {command!r}; there is: serve")
    serve(SERVICE.name, _create, Path(__file__).parent)
