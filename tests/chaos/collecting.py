"""What the city says, all of it: after everything under way has arrived."""

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from shared.chain.sequencer import Sequencer
from shared.clock import SystemClock
from shared.db import Database
from shared.metrics import Metrics
from tests.chaos import streams
from tests.chaos.databases import backlog, gateway_facts, laksa_facts
from tests.chaos.facts import Facts, Row
from tests.chaos.people import Person
from tests.chaos.record import Record
from tests.chaos.town import Town

_SETTLING_SECONDS = 60
_MOST_TIMELINES = 60  # every step is compared in the database; these show that the way out of it is right


async def settle(town: Town) -> float:
    """Waits until every event is sent and taken in and every entry chained; answers the seconds it took.

    After a minute it goes on: what has not arrived by then is listed as lost.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    async with (
        town.database("laksa") as laksa,
        town.database("gateway") as gateway,
        streams.jetstream(town.broker.url()) as jetstream,
    ):
        while clock() - began < _SETTLING_SECONDS:
            waiting = await backlog(laksa) + await backlog(gateway)
            for connection in (laksa, gateway):
                await connection.rollback()
            if not waiting and not any((await streams.unread(jetstream)).values()):
                break
            await asyncio.sleep(0.1)
    return clock() - began


async def seal(town: Town) -> None:
    """The seal that svc-laksa sends every minute, where the whole run took less: there is one to lose."""
    async with town.database("laksa") as laksa:
        if await laksa.scalar(text("SELECT count(*) FROM outbox WHERE type LIKE '%.chain_sealed.v1'")):
            return
    database = Database(town.address("laksa"), "laksa")
    try:
        await Sequencer(database, SystemClock(), Metrics()).seal()
    finally:
        await database.close()


async def collect(town: Town, record: Record, people: Iterable[Person]) -> Facts:
    """Everything the comparison needs."""
    async with town.database("gateway") as connection:
        gateway = await gateway_facts(connection)
    async with town.database("laksa") as connection:
        laksa = await laksa_facts(connection, gateway.seals)
    async with streams.jetstream(town.broker.url()) as jetstream:
        messages, unread = await streams.messages(jetstream), await streams.unread(jetstream)
    facts = Facts(laksa, gateway, messages, unread, await asyncio.to_thread(folders, town.media))
    for person in people:
        if not person.is_guest:
            facts.shown[person.subject] = await _requests_of(person)
        facts.timelines |= await _timelines(person, record)
    return facts


def folders(store: Path) -> dict[str, dict[str, str]]:
    """Folder below the store's two levels -> file name -> SHA-256 of what lies there."""
    found: dict[str, dict[str, str]] = {}
    for file in store.glob("*/*/*"):
        name = str(file.parent.relative_to(store))
        found.setdefault(name, {})[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


async def _requests_of(person: Person) -> list[Row]:
    """`/v1/me/requests`, page by page."""
    items: list[Row] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await _read(
            person, "/v1/me/requests", {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        )
        items += page["items"]
        cursor = page["next"]
    return items


async def _timelines(person: Person, record: Record) -> dict[str, Any]:
    """Of some of a reporter's reports, as she reads them; a guest by the token she was given."""
    sent = [w for w in record.acknowledged("submit") if w.who == person.name]
    chosen = sent[:: max(1, len(sent) // (_MOST_TIMELINES // 8))]
    found = {}
    for write in chosen:
        answer = write.answer or {}
        headers = {"X-Follow-Token": answer["follow_token"]} if "follow_token" in answer else {}
        page = await _read(person, f"/v1/laksa/reports/{answer['id']}/timeline", headers=headers)
        found[answer["id"]] = page["items"]
    return found


async def _read(
    person: Person, path: str, query: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The answer's JSON; one of nothing where it is 404, so that what is missing is listed as such."""
    while True:
        answer = await person.http.get(path, params=query, headers={**person.headers, **(headers or {})})
        if answer.status_code == 429:
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        elif answer.status_code == 404:
            return {"items": [], "next": None}
        else:
            page: dict[str, Any] = answer.raise_for_status().json()
            return page
