"""One whole kill test: people signed in, clients at work, kills among them, then the comparison."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.chaos.cleaning import sweep
from tests.chaos.clients import Client, run_all
from tests.chaos.collecting import collect, seal, settle
from tests.chaos.facts import Facts
from tests.chaos.killing import Kill, Killer
from tests.chaos.people import Person
from tests.chaos.record import Notebook, Record, read_record
from tests.chaos.sending import Sender, Traffic
from tests.chaos.town import Town

LEAST_WRITES = 500
_RESIDENTS, _GUESTS = 6, 2
_STAFF = {
    "desk": ("laksa_officer", "laksa_head"),
    "crew": ("laksa_crew",),
    "verifier": ("laksa_verifier",),
    "moderator": ("laksa_moderator",),
}


@dataclass(frozen=True)
class Plan:
    """What a run is: the same seed draws the same lives and targets, though not the same moments."""

    kills: int
    seed: int
    notebooks: Path


@dataclass
class Ran:
    """What a run left behind."""

    plan: Plan
    kills: list[Kill]
    answers: Counter[str]
    record: Record
    facts: Facts
    swept: int
    working_seconds: float
    settling_seconds: float


@asynccontextmanager
async def people_of(town: Town, spare: int) -> AsyncIterator[tuple[list[Person], dict[str, list[Person]]]]:
    """Reporters and staff, signed in before anything is killed; `spare` sessions more for each resident."""
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=town.url, timeout=20, limits=limits) as http:
        keys, otp = town.demo["api_keys"], town.demo["citizen"]["otp"]
        reporters = []
        for number in range(_RESIDENTS):
            person = Person(http, keys["android"], f"resident {number}")
            for _ in range(spare + 1):  # the last session is hers, the others are there to be ended
                await person.sign_in(f"+62812000001{number:02}", otp)
                person.sessions.append(person.refresh_token or "")
            person.sessions.pop()
            reporters.append(person)
        for number in range(_GUESTS):
            reporters.append(Person(http, keys["android"], f"guest {number}", device=f"demo-device-{number}"))
        staff = {desk: [await _officer(town, http, role) for role in roles] for desk, roles in _STAFF.items()}
        yield reporters, staff


async def run(town: Town, plan: Plan, tell: Callable[[str], None]) -> Ran:
    """Kills and writes together, then waits for everything to arrive and collects what the city says."""
    traffic, finished = Traffic(), asyncio.Event()
    chance = random.Random(plan.seed)
    async with people_of(town, spare=min(2 + plan.kills // 4, 30)) as (reporters, staff):
        clients = [_client(plan, n, person, staff, traffic) for n, person in enumerate(reporters)]
        work = asyncio.create_task(run_all(clients, finished))
        began = time.monotonic()
        kills: list[Kill] = []
        try:
            killer = Killer(town, traffic, chance)
            kills = await killer.run(plan.kills, lambda done: _progress(done, plan, traffic, tell))
            await _until_enough(traffic, work)
        finally:
            finished.set()
            await work
        worked = time.monotonic() - began
        for client in clients:
            client.sender.notebook.close()
        await seal(town)
        settled = await settle(town)
        swept = await sweep(town)
        record = read_record(plan.notebooks)
        facts = await collect(town, record, reporters)
    return Ran(plan, kills, traffic.answers, record, facts, swept, worked, settled)


async def _officer(town: Town, http: httpx.AsyncClient, role: str) -> Person:
    person = Person(http, town.demo["api_keys"]["web"], role)
    await person.sign_in_staff(town.demo["staff"][role])
    return person


def _client(
    plan: Plan, number: int, reporter: Person, staff: dict[str, list[Person]], traffic: Traffic
) -> Client:
    chance = random.Random(f"{plan.seed}/{number}")
    notebook = Notebook(plan.notebooks / f"{reporter.name.replace(' ', '-')}.jsonl")
    desks = {desk: people[number % len(people)] for desk, people in staff.items()}
    return Client(reporter, desks, Sender(notebook, traffic, chance), chance, reporter.sessions)


async def _until_enough(traffic: Traffic, work: asyncio.Task[None]) -> None:
    while len(traffic.acknowledged) < LEAST_WRITES and not work.done():
        await asyncio.sleep(0.05)


def _progress(done: list[Kill], plan: Plan, traffic: Traffic, tell: Callable[[str], None]) -> None:
    if len(done) % 10 == 0 or len(done) == plan.kills:
        tell(f"{len(done):4} of {plan.kills} kills, {len(traffic.acknowledged):6,} writes acknowledged")
