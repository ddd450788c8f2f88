"""The command line of every package: `python -m svc_x serve`, and whatever else it can do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TypeVar

from fastapi import FastAPI
from pydantic import ValidationError

from shared import log, privacy
from shared.app import Service
from shared.city.problems import PackError
from shared.crypto import LookUp, UnreadableField
from shared.events import dead
from shared.rekey import rekey
from shared.runtime import Runtime
from shared.seeds import Seed, sow_all
from shared.serve import Protocol, serve
from shared.settings import Settings

Known = TypeVar("Known", bound=Settings)


def run(
    service: Service,
    kind: type[Known],
    create: Callable[[Known], FastAPI],
    commands: Mapping[str, Callable[[Known], int]] | None = None,
    http: Protocol | None = None,
) -> None:
    """Does what the first argument names (`serve` if there is none); a command answers its exit code.

    Settings come from the environment. Unusable settings or a broken pack end it with a message, no values:
    some settings are secrets.
    """
    known = {
        "serve": None,
        "rekey": lambda settings: _at_work(create(settings), _rekey),
        "load-pack": lambda settings: _at_work(create(settings), partial(_load_pack, seeds=service.seeds)),
        "retry": lambda settings: _at_work(create(settings), partial(_retry, service=service)),
        **(commands or {}),
    }
    name = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if name not in known:
        raise SystemExit(f"usage: python -m {service.package} {{{','.join(known)}}}")
    try:
        settings = kind()
        command = known[name]
        if command is not None:
            raise SystemExit(command(settings))
        log.configure(service.name)
        app = create(settings)
    except PackError as error:
        raise SystemExit(f"{service.name}: the city pack cannot be used:\n{error}") from error
    except ValidationError as error:
        raise SystemExit(f"{service.name}: settings cannot be used:\n{_wrong(error)}") from None
    serve(app, settings, service.folder, http)


def _at_work(app: FastAPI, work: Callable[[Runtime], Awaitable[int]]) -> int:
    """Does something beside the serving processes, with a runtime of its own; answers the exit code."""

    async def whole() -> int:
        run: Runtime = app.state.runtime
        try:
            return await work(run)
        finally:
            await run.stop()

    return asyncio.run(whole())


async def _rekey(run: Runtime) -> int:
    """Re-encrypts every encrypted column of the service; 0 when nothing is left under older keys."""
    metadata, lookup = import_module(f"{run.package}.db").Base.metadata, LookUp(run.settings.lookup_keys())
    try:
        return 1 if await rekey(run.database, metadata, run.cipher, lookup, print) else 0
    except UnreadableField as error:
        raise SystemExit(f"{run.name}: {error}") from error


async def _load_pack(run: Runtime, seeds: Sequence[Seed]) -> int:
    """Inserts the seeds of the city pack that are missing, and says what staff have changed since."""
    for sown in await sow_all(run, seeds):
        print(sown)
    return 0


async def _retry(run: Runtime, service: Service) -> int:
    """Events and timers that were given up are tried again, once their cause is mended."""
    run.bus.start()
    async with asyncio.timeout(15):
        await run.bus.connected.wait()
    purposes = (each.purpose for each in (*service.subscriptions, privacy.subscription(service.holds)))
    letters = sum([await dead.replay(run.bus.jetstream, f"{service.name}-{each}") for each in purposes])
    print(f"{letters:,} events sent again, {await run.timers.unpark():,} timers set anew")
    return 0


def _wrong(error: ValidationError) -> str:
    return "\n".join(f"  {'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
