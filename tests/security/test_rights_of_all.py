"""Every operation of the merged document by everybody who could try it, against a kept table.

`rights_by_operation.json` is the decision: who may call what. An operation that it lacks fails here, and so
does one that admits somebody more (RIGHTS=write writes the table anew, for review).
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.security.callers import Caller
from tests.security.fuzz.seeds import Seeds
from tests.security.town import Town

TABLE = Path(__file__).parent / "rights_by_operation.json"
#: A key that is not asked for is not looked at, nor is a token where there are only files and pages.
KEYLESS = "disabled front end"
SYSTEMS = ("suspended provider", "suspended provider with a citizen's token")
Answer = tuple[str, str, int | None, int]


@pytest.fixture(scope="module")
async def wire(town: Town) -> AsyncIterator[aiohttp.ClientSession]:
    """Some thousand requests are sent, nearly all of them refused at once."""
    async with aiohttp.ClientSession(town.url, auto_decompress=False) as session:
        yield session


def test_somebody_decided_of_every_operation_who_may_call_it(described: dict[str, Any]) -> None:
    found = defaultdict(list)
    for label, operation in described.items():
        found[" ".join(sorted(operation["x-city"]["audience"]))].append(label)
    if os.environ.get("RIGHTS") == "write":
        TABLE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    decided = {label: who for who, labels in json.loads(TABLE.read_text()).items() for label in labels}
    stated = {label: who for who, labels in found.items() for label in labels}
    assert sorted(stated) == sorted(decided), "an operation came or went: decide who may call it"
    assert {label: who for label, who in stated.items() if who != decided[label]} == {}


async def test_nobody_else_gets_in_with_whatever_id_in_path_query_and_body(
    described: dict[str, Any], callers: dict[str, Caller], seeds: Seeds, wire: aiohttp.ClientSession
) -> None:
    decided = json.loads(TABLE.read_text())
    jobs = []
    for audience, labels in decided.items():
        for label in labels:
            call = example(label, described[label], seeds)
            jobs += [
                (label, name, owed, call | {"headers": {**call["headers"], **who.headers}})
                for name, who in callers.items()
                if (owed := who.refusal(audience.split())) and looked_at(name, who, described[label])
            ]
    assert len(jobs) > 10 * len(described)
    answers = await sent(wire, jobs)
    assert [each for each in answers if each[3] != each[2]] == []


def looked_at(name: str, who: Caller, operation: Mapping[str, Any]) -> bool:
    """Whether this operation looks at what has ended of somebody."""
    city = operation["x-city"]
    if not who.ended:
        return True
    return bool(city["key"] == "required" if name == KEYLESS else city["bearer"] != "ignored")


def example(
    label: str, operation: Mapping[str, Any], seeds: Seeds, whose: str | None = None
) -> dict[str, Any]:
    """The call that somebody who may (`whose` role) would make: living ids, a body that would be taken."""
    method, _, path = label.partition(" ")
    named = [each.role for each in seeds.people.values() if each.admitted(dict(operation))]
    named = [role for role in named if whose in (None, role)]
    said = next((seeds.of[role][label] for role in named if seeds.of[role].get(label)), {})
    living = {name: str(values[0]) for name, values in said.get("path", {}).items()}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace(f"{{{name}}}", living.get(name, "00000000-0000-7000-8000-000000000000"))
    headers = {"Idempotency-Key": "rights-of-nobody", "Tus-Resumable": "1.0.0"}
    headers |= {name: str(values[0]) for name, values in said.get("header", {}).items()}
    kinds = operation.get("requestBody", {}).get("content", {"application/json": {}})
    if "application/json" not in kinds:
        headers["Content-Type"] = next(iter(kinds))
    query = {name: str(values[0]) for name, values in said.get("query", {}).items()}
    body = next(iter(said.get("body", ())), None)
    data = {"data": body.encode()} if isinstance(body, str) else {"json": body} if body is not None else {}
    return {"method": method, "url": path, "params": query, "headers": headers, **data}


async def sent(wire: aiohttp.ClientSession, jobs: list[Any]) -> list[Answer]:
    """(operation, caller, status owed, status) of each, some at once."""
    places, found = asyncio.Semaphore(16), []

    async def one(label: str, name: str, owed: int, call: dict[str, Any]) -> None:
        status = 429
        while status == 429:  # a front end has its limit here too; whoever waits is told the rest
            async with places, wire.request(**call) as answer:
                status = answer.status
            await asyncio.sleep(0.5 * (status == 429))
        found.append((label, name, owed, status))

    await asyncio.gather(*(one(*job) for job in jobs))
    return found
