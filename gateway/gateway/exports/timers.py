"""Gathers what was asked for, beside the requests; no connection is held while a service thinks."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gateway.exports import usecases
from gateway.exports.models import Export
from gateway.privacy.usecases import export as export_own
from gateway.services.client import NoAnswer, Services
from shared import log
from shared.contracts.privacy import HeldPage
from shared.forever import forever
from shared.runtime import Runtime

_log = log.get(__name__)
_LOOK_SECONDS = 1
_PAGE_SECONDS = 10
_BYTES = 32 * 1_048_576


async def gather_exports(run: Runtime) -> None:
    """For ever, looking once a second."""

    async def look() -> None:
        while await gather_one(run):
            continue

    await forever("exports_gathered", look, _LOOK_SECONDS)


async def gather_one(run: Runtime) -> bool:
    """Asks, for the next export, all services that have not answered at once; False if none is due."""
    async with run.database.transaction() as session:
        claimed = await usecases.claim(session, run.clock.now())
    if claimed is None:
        return False
    export, missing = claimed
    await asyncio.gather(*(_gather(run, export, service) for service in missing))
    async with run.database.transaction() as session:
        await usecases.conclude(session, export.id, run.clock.now())
    return True


async def _gather(run: Runtime, export: Export, service: str) -> None:
    try:
        own = service == usecases.OWN
        held = await (_own(run, export) if own else _held_by(run, service, export.citizen_id))
    except NoAnswer:
        _log.warning("export_waits", service=service, tries=export.tries)
        return
    async with run.database.transaction() as session:
        await usecases.keep(session, run.cipher, export, service, held, run.clock.now())


async def _held_by(run: Runtime, name: str, citizen_id: str) -> Mapping[str, Any]:
    """Everything a service holds, by kind, page after page. NoAnswer, also if it is more than 32 MiB."""
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    size, query, ended = 0, dict[str, str](), False
    async with run.part(Services).talk(name, _PAGE_SECONDS) as service:
        while not ended:
            page = await service.page(HeldPage, f"/internal/citizens/{citizen_id}/export", **query)
            if page is None or size > _BYTES:
                raise NoAnswer(service.name, "no end" if page else 404)
            for kind, things in page.held.items():
                held[kind] += things
            size += len(page.model_dump_json())
            ended = page.next in (None, query.get("after"))
            query = {"after": page.next or ""}
    return held


async def _own(run: Runtime, export: Export) -> Mapping[str, Any]:
    """What the gateway itself holds."""
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    after: str | None = ""
    while after is not None:
        async with run.database.transaction() as session:
            page = await export_own(session, run, export.citizen_id, after)
        for kind, things in page.held.items():
            held[kind] += things
        after = page.next
    return held


BACKGROUND = (gather_exports,)
