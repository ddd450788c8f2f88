"""Commands: `python -m gateway serve`, `python -m gateway load-pack`."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from pydantic import ValidationError

from gateway.app import SERVICE, create_app
from gateway.edge.protocol import gateway_protocol
from gateway.pack import NoDemo, load
from gateway.settings import GatewaySettings
from shared.city.problems import PackError
from shared.serve import main, serve


def _create() -> tuple[FastAPI, GatewaySettings]:
    settings = GatewaySettings()
    return create_app(settings), settings


def _serve() -> None:
    serve(SERVICE.name, _create, Path(__file__).parent, http=gateway_protocol)


def _load_pack() -> None:
    """Inserts the demonstration once, and prints its sign-ins as one line of JSON."""
    try:
        sign_ins = asyncio.run(load(GatewaySettings()))
    except (PackError, NoDemo) as error:
        raise SystemExit(f"gateway: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(": ".join([*map(str, e["loc"]), e["msg"]]) for e in error.errors())
        raise SystemExit(f"gateway: settings cannot be used: {wrong}") from None  # without their values
    sys.stdout.write(json.dumps(sign_ins) + "\n")


COMMANDS: dict[str, Callable[[], None]] = {"serve": _serve, "load-pack": _load_pack}

if __name__ == "__main__":
    command = main(sys.argv)
    if command not in COMMANDS:
        raise SystemExit(f"gateway: unknown command {command!r}; there is: {', '.join(COMMANDS)}")
    COMMANDS[command]()
