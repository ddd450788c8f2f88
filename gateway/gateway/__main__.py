"""Commands: `python -m gateway serve`, `python -m gateway load-pack`."""

import asyncio
import json
import sys

from gateway.app import SERVICE, create_app
from gateway.edge.protocol import gateway_protocol
from gateway.pack import NoDemo, load
from gateway.settings import GatewaySettings
from shared.command import run


def _load_pack(settings: GatewaySettings) -> int:
    """Inserts the demonstration once, and prints its sign-ins as one line of JSON."""
    try:
        sign_ins = asyncio.run(load(settings))
    except NoDemo as error:
        raise SystemExit(f"gateway: {error}") from error
    sys.stdout.write(json.dumps(sign_ins) + "\n")
    return 0


if __name__ == "__main__":
    run(SERVICE, GatewaySettings, create_app, {"load-pack": _load_pack}, http=gateway_protocol)
