"""Schemathesis on the merged document, all checks, signed in as everybody (reliability.md, row 24).

`make fuzz EXAMPLES=… SEED=…` is the deep run: every role sends everything it may, and progress is printed.
With `ONLY=/v1/home,/v1/menus` only operations whose path begins so.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.security.fuzz import people
from tests.security.fuzz.document import operations
from tests.security.fuzz.people import ROLES, Person
from tests.security.fuzz.report import Report
from tests.security.fuzz.runner import ONE, SEEDS
from tests.security.fuzz.seeds import Seeds

EXAMPLES, SEED = int(os.environ.get("FUZZ_EXAMPLES", "0")), int(os.environ.get("FUZZ_SEED", "20260202"))
ONLY = tuple(os.environ.get("FUZZ_ONLY", "/").split(","))
RUNNERS = 2
"""Processes that send: one waits while the other one's request is answered."""
ROOT = Path(__file__).resolve().parents[3]
#: Whoever succeeds with one of these is signed out: they come last, with a sign-in of their own.
PARTING = ("POST /v1/auth/logout", "DELETE /v1/me", "DELETE /v1/me/sessions/{session_id}")
#: Who may be the one that sends every case of an operation; guests where nobody has to sign in.
LEADING = ("citizen", "provider", *people.STAFF)
#: Services whose operations the short run reaches with their seeds and one random case by whoever leads:
#: `make fuzz` sends them every case.
DEEP_ALONE = (
    *("/v1/prices", "/v1/news", "/feeds", "/v1/tourism", "/ogc", "/catalog.jsonld"),
    *("/v1/admin", "/provider"),
)


async def test_the_document_and_the_answers_agree_for_everybody(
    city: Any, tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    everybody = {role: await people.arrive(city, role) for role in ROLES}
    seeds = Seeds(city, everybody)
    await seeds.sow()
    document = (await city.http.get("/openapi.json")).json()
    described = {label: each for label, each in operations(document) if path(label).startswith(ONLY)}
    leaders = {label: leader(operation, everybody) for label, operation in described.items()}
    parts = [turn(person, described, leaders, seeds) for person in everybody.values()]
    leaving = [(number, label) for number, label in enumerate(PARTING) if label in described]
    parts += [await farewell(city, number, label, seeds) for number, label in leaving]
    parts += [await wanderer(city, described, seeds)]
    parts = [part for part in parts if part["labels"]]
    report, began = Report(ROLES, described, capsys if EXAMPLES else None), monotonic()
    job = {"url": city.url, "document": document, "seed": SEED, "deep": bool(EXAMPLES)}
    shares = [{**job, "parts": share} for share in dealt(parts)]
    await asyncio.gather(*(run(share, tmp_path / f"{n}.json", report) for n, share in enumerate(shares)))
    table = report.table([*described], monotonic() - began)
    pytestconfig.stash[people.TOLD] = table
    assert not report.failures, report.told()
    assert len(report.unreached(described)) <= len(described) // 10, "\n".join(table)


def turn(person: Person, described: dict[str, Any], leaders: dict[str, str], seeds: Seeds) -> dict[str, Any]:
    """What one person sends: every case where she leads, her seeds where the audience names her.

    In a deep run every case of all that admits her, and one of what does not.
    """
    named = [label for label, operation in described.items() if EXAMPLES or person.named(operation)]
    first = [label for label, operation in described.items() if EXAMPLES and person.admitted(operation)]
    leads = [label for label, role in leaders.items() if role == person.role]
    first += [label for label in leads if EXAMPLES or not deep_alone(label)]
    doses = dict.fromkeys(named, SEEDS) | dict.fromkeys(leads, ONE) | dict.fromkeys(first, EXAMPLES or 2)
    return {
        "role": person.role,
        "headers": person.headers,
        "schemes": person.schemes,
        "seeds": seeds.of[person.role],
        "signing": {"secret": person.secret, "moment": seeds.city.clock.now().isoformat()},
        "labels": {label: dose for label, dose in doses.items() if label not in PARTING},
        "steps": 0,
    }


def deep_alone(label: str) -> bool:
    """Whether the short run sends this operation its seeds, one random case, and no more."""
    return path(label).startswith(DEEP_ALONE)


def path(label: str) -> str:
    """Of `GET /v1/me`, the second word."""
    return label.partition(" ")[2]


async def wanderer(city: Any, described: dict[str, Any], seeds: Seeds) -> dict[str, Any]:
    """Somebody new who goes from what one answer names to the next operation, as the document links them."""
    person = await people.newcomer(city, len(PARTING))
    may = [
        label
        for label, operation in described.items()
        if person.admitted(operation) and (EXAMPLES or not deep_alone(label))
    ]
    return {
        "role": person.role,
        "headers": person.headers,
        "schemes": person.schemes,
        "seeds": seeds.of["citizen"],
        "signing": {},
        "labels": {label: EXAMPLES or 2 for label in may if label not in PARTING},
        "steps": EXAMPLES or 10,
    }


def dealt(parts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The parts in as many shares as there are runners, each about as heavy as the others."""
    shares: list[list[dict[str, Any]]] = [[] for _ in range(RUNNERS)]
    loads = [0] * RUNNERS
    for part in sorted(parts, key=lambda part: -sum(part["labels"].values())):
        lightest = loads.index(min(loads))
        shares[lightest].append(part)
        loads[lightest] += sum(part["labels"].values())
    return shares


def leader(operation: dict[str, Any], everybody: dict[str, Person]) -> str:
    """Who sends every case of this operation."""
    return next((role for role in LEADING if everybody[role].named(operation)), "guest")


async def farewell(city: Any, number: int, label: str, seeds: Seeds) -> dict[str, Any]:
    """Somebody new, for one of the operations that end her session."""
    person = await people.newcomer(city, number)
    own = await seeds.spare_sessions(person, number)
    return {
        "role": person.role,
        "headers": person.headers,
        "schemes": person.schemes,
        "seeds": {label: {**seeds.of["citizen"][label], **own}},
        "signing": {},
        "labels": {label: EXAMPLES or 2},
        "steps": 0,
    }


async def run(job: dict[str, Any], file: Path, report: Report) -> None:
    """Starts the runner and reads its lines."""
    await asyncio.to_thread(file.write_text, json.dumps(job))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.security.fuzz.runner", str(file)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1_048_576,
    )
    assert process.stdout is not None
    async for line in process.stdout:
        report.take(json.loads(line))
    assert await process.wait() == 0
