"""Commands: `python -m svc_prices serve`, `python -m svc_prices import FILE`, `… load-demo`."""

import asyncio
import sys

from shared.command import run
from svc_prices.app import SERVICE, create_app
from svc_prices.demonstrations.usecases import load_demo
from svc_prices.exchange.usecases import chosen, import_path
from svc_prices.settings import PricesSettings


def _import(settings: PricesSettings) -> int:
    """Takes a CSV file in; 1 if a row of it was refused."""

    async def whole() -> int:
        runtime = create_app(settings).state.runtime
        try:
            return await import_path(runtime, options, lambda line: print(line, flush=True))
        finally:
            await runtime.stop()

    options = chosen(sys.argv[2:])
    return asyncio.run(whole())


def _load_demo(settings: PricesSettings) -> int:
    """Fills a development database with made-up prices; 1 anywhere else."""

    async def whole() -> int:
        runtime = create_app(settings).state.runtime
        try:
            return await load_demo(runtime)
        finally:
            await runtime.stop()

    try:
        print(f"{asyncio.run(whole()):,} made-up prices, marked demo")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    run(SERVICE, PricesSettings, create_app, {"import": _import, "load-demo": _load_demo})
