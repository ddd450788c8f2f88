"""The command line of every package: `python -m svc_x serve`, and whatever else it can do."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TypeVar

from fastapi import FastAPI
from pydantic import ValidationError

from shared import log
from shared.app import Service
from shared.city.problems import PackError
from shared.crypto import FieldCipher, LookUp, UnreadableField
from shared.db import Database
from shared.rekey import rekey
from shared.runtime import Runtime
from shared.seeds import sow_all
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
        "rekey": lambda settings: _rekey(service, settings),
        "load-pack": lambda settings: _load_pack(service, create(settings)),
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


def _rekey(service: Service, settings: Settings) -> int:
    """Re-encrypts every encrypted column of the service; 0 when nothing is left under older keys."""

    async def work() -> int:
        database = Database(settings.database_url.get_secret_value(), service.short)
        metadata = import_module(f"{service.package}.db").Base.metadata
        cipher, lookup = FieldCipher(settings.field_key_ring()), LookUp(settings.lookup_keys())
        try:
            return await rekey(database, metadata, cipher, lookup, print)
        finally:
            await database.close()

    try:
        return 1 if asyncio.run(work()) else 0
    except UnreadableField as error:
        raise SystemExit(f"{service.name}: {error}") from error


def _load_pack(service: Service, app: FastAPI) -> int:
    """Inserts the seeds of the city pack that are missing, and says what staff have changed since."""

    async def work() -> int:
        run: Runtime = app.state.runtime
        try:
            for sown in await sow_all(run, service.seeds):
                print(sown)
        finally:
            await run.database.close()
        return 0

    return asyncio.run(work())


def _wrong(error: ValidationError) -> str:
    return "\n".join(f"  {'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
