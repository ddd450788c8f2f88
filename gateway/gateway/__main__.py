"""Commands: `python -m gateway serve`, `… load-pack`, `… rebuild [MODEL …]`."""

import asyncio
import json
import sys

from gateway.app import SERVICE, create_app
from gateway.edge.protocol import gateway_protocol
from gateway.pack import NoDemo, load
from gateway.rebuilds.usecases import MODELS, rebuild
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


def _rebuild(settings: GatewaySettings) -> int:
    """Makes read models anew (all, or those named); 1 if an owner did not answer."""
    names = sys.argv[2:] or list(MODELS)
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise SystemExit(f"gateway: no read model {', '.join(unknown)}; there are: {', '.join(MODELS)}")
    return 0 if asyncio.run(rebuild(settings, names, _say)) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    commands = {"load-pack": _load_pack, "rebuild": _rebuild}
    run(SERVICE, GatewaySettings, create_app, commands, http=gateway_protocol)
