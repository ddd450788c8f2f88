"""Commands: `python -m gateway serve`, `… load-pack`, `… rebuild`, `… client …`, `… verify-audits`."""

import asyncio
import json
import sys

from gateway import commands
from gateway.app import SERVICE, create_app
from gateway.audits.usecases import verify_audits
from gateway.edge.protocol import gateway_protocol
from gateway.pack import NoDemo, load
from gateway.rebuilds.usecases import MODELS, rebuild
from gateway.settings import GatewaySettings
from shared.command import run
from shared.runtime import Runtime


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


def _client(settings: GatewaySettings) -> int:
    """Front ends and their keys; 1 if it was refused."""
    given = commands.client_arguments(sys.argv[2:])

    async def whole() -> int:
        runtime: Runtime = create_app(settings).state.runtime
        try:
            return await commands.client(runtime, given)
        finally:
            await runtime.stop()

    return asyncio.run(whole())


def _verify_audits(settings: GatewaySettings) -> int:
    """Prints the verdict and the head to keep elsewhere; 1 if a line or the chain was changed."""
    heads = commands.heads_given(sys.argv[2:])
    verdict = asyncio.run(verify_audits(settings, heads))
    _say(commands.verdict_table(verdict, heads))
    return 1 if verdict.broken else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    known = {
        "load-pack": _load_pack,
        "rebuild": _rebuild,
        "client": _client,
        "verify-audits": _verify_audits,
    }
    run(SERVICE, GatewaySettings, create_app, known, http=gateway_protocol)
