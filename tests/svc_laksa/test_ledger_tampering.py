"""Whoever holds the database may change the ledger: the command finds it, and says where.

Each case alters a copy of one true ledger as the tables' owner, and runs `ledger-verify` on it. The seals
stand in a real gateway with a database of its own. TABLE=1 prints what was said of each.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from deploy.local.postgres import Cluster
from gateway.app import create_app as create_gateway
from gateway.seals.usecases import keep_seal
from gateway.settings import GatewaySettings
from shared.chain.links import canonical, link
from shared.clock import ManualClock
from shared.tables import outbox
from shared.testing import Keys, in_process, served
from svc_laksa.__main__ import _ledger_verify
from svc_laksa.app import create_app
from svc_laksa.settings import LaksaSettings
from tests.svc_laksa.town import Town

E = [f"(SELECT entry_id FROM chain WHERE seq = {seq})" for seq in range(13)]
CUT = "link 10: missing; the chain was sealed up to 12"
SHOWN = "TABLE" in os.environ
FORGED = UUID("00000000-0000-7000-8000-0000000000aa")


class Case(NamedTuple):
    """`does` is SQL or code for the ledger, `gateway` SQL for the gateway; `said` begins the verdict."""

    name: str
    does: str | Callable[[asyncpg.Connection], Awaitable[None]]
    said: str
    gateway: str = ""


async def append_forged(owner: asyncpg.Connection) -> None:
    """A link at the end, with the hash it must have: only no report ever took that step."""
    await owner.execute("INSERT INTO entries VALUES ($1, $1, 1, '{}')", FORGED)
    await link_up(owner, 13, FORGED)


async def chain_twice(owner: asyncpg.Connection) -> None:
    """An old entry once more at the end, with the hash it must have there."""
    await owner.execute("ALTER TABLE chain DROP CONSTRAINT uq_chain_entry_id")
    await link_up(owner, 13, await owner.fetchval("SELECT entry_id FROM chain WHERE seq = 3"))


async def tell_twice(owner: asyncpg.Connection) -> None:
    """The same step told by a second entry."""
    await owner.execute("DROP INDEX uq_entries_entity")
    same = f"SELECT $1::uuid, entity_id, entity_version, facts FROM entries WHERE id = {E[3]}"
    await owner.execute(f"INSERT INTO entries {same}", FORGED)
    await link_up(owner, 13, FORGED)


async def rewrite(owner: asyncpg.Connection) -> None:
    """Another fact at link 6, and every hash after it computed anew: the chain fits itself."""
    await owner.execute(FACTS + E[6])
    rest = await owner.fetch("DELETE FROM chain WHERE seq >= 6 RETURNING seq, entry_id")
    for seq, entry_id in sorted(rest):
        await link_up(owner, seq, entry_id)


async def link_up(owner: asyncpg.Connection, seq: int, entry_id: UUID) -> None:
    """A link as the sequencer would have written it."""
    row = await owner.fetchrow("SELECT * FROM entries WHERE id = $1", entry_id)
    previous = await owner.fetchval("SELECT hash FROM chain WHERE seq = $1", seq - 1)
    content = canonical(str(row[0]), str(row["entity_id"]), row["entity_version"], json.loads(row["facts"]))
    await owner.execute("INSERT INTO chain VALUES ($1, $2, $3)", seq, entry_id, link(previous, content))


FACTS = 'UPDATE entries SET facts = facts || \'{"agency": "dishub"}\' WHERE id = '
CASES = [
    Case("edit a fact", FACTS + E[3], "link 3: entry"),
    Case("edit the last entry", FACTS + E[12], "link 12: entry"),
    Case("edit an entity", f"UPDATE entries SET entity_id = uuidv7() WHERE id = {E[4]}", "link 4: entry"),
    Case("edit a version", f"UPDATE entries SET entity_version = 99 WHERE id = {E[4]}", "link 4: entry"),
    Case("edit a hash", "UPDATE chain SET hash = sha256('x') WHERE seq = 5", "link 5: entry"),
    Case("swap two entries' facts", f"""
        UPDATE entries e SET facts = o.facts FROM entries o
        WHERE (e.id, o.id) IN (({E[2]}, {E[6]}), ({E[6]}, {E[2]}))
     """, "link 2: entry"),
    Case("delete an entry", f"DELETE FROM entries WHERE id = {E[5]}", "link 5: its entry"),
    Case("delete a link", "DELETE FROM chain WHERE seq = 6", "link 6: missing"),
    Case("delete link and entry", f"""
        DELETE FROM entries WHERE id = {E[6]}; DELETE FROM chain WHERE seq = 6
     """, "link 6: missing"),
    Case("delete and close the gap", """
        DELETE FROM chain WHERE seq = 6; UPDATE chain SET seq = -seq WHERE seq > 6;
        UPDATE chain SET seq = -seq - 1 WHERE seq < 0
     """, "link 6: entry"),
    Case("reorder two links", """
        UPDATE chain SET seq = -seq WHERE seq IN (7, 8); UPDATE chain SET seq = 15 + seq WHERE seq < 0
     """, "link 7: entry"),
    Case("reorder two entries", """
        ALTER TABLE chain DROP CONSTRAINT uq_chain_entry_id;
        UPDATE chain c SET entry_id = o.entry_id FROM chain o WHERE (c.seq, o.seq) IN ((7, 8), (8, 7))
     """, "link 7: entry"),
    Case("insert in the middle", """
        UPDATE chain SET seq = -seq WHERE seq > 4; UPDATE chain SET seq = 1 - seq WHERE seq < 0;
        INSERT INTO entries VALUES ('00000000-0000-7000-8000-00000000000e', uuidv7(), 1, '{}');
        INSERT INTO chain VALUES (5, '00000000-0000-7000-8000-00000000000e', sha256('x'))
     """, "link 5: entry 00000000-0000-7000-8000-00000000000e"),
    Case("insert without a link", """
        INSERT INTO entries VALUES ('00000000-0000-7000-8000-00000000000e', uuidv7(), 1, '{}')
     """, "entry 00000000-0000-7000-8000-00000000000e: neither chained nor waiting"),
    Case("insert a step nobody took", append_forged, f"report {FORGED}: version 1 has an entry, but no step"),
    Case("duplicate a link", chain_twice, "link 13: its entry"),
    Case("duplicate an entry", tell_twice, "entity "),
    Case("truncate the tail", "DELETE FROM chain WHERE seq > 9", CUT),
    Case("truncate tail and entries", """
        DELETE FROM entries WHERE id IN (SELECT entry_id FROM chain WHERE seq > 9);
        DELETE FROM chain WHERE seq > 9
     """, CUT),
    Case("truncate behind the last seal", """
        DELETE FROM entries WHERE id = (SELECT entry_id FROM chain WHERE seq = 12);
        DELETE FROM chain WHERE seq = 12
     """, "report ", "DELETE FROM seals WHERE seq > 8"),
    Case("truncate everything", "TRUNCATE chain, entries, unchained", "link 1: missing; the chain"),
    Case("rewrite from link 6 on", rewrite, "link 8: differs from the seal the gateway keeps; the chain was"
         " rewritten after link 4"),
    Case("edit a seal", "SELECT 1", "link 8: differs from the seal",
         "UPDATE seals SET hash = sha256('x') WHERE seq = 8"),
    Case("insert a second seal", "SELECT 1", "link 8: differs from the seal",
         "INSERT INTO seals SELECT service, seq, sha256('x'), at FROM seals WHERE seq = 8"),
    Case("delete a seal", "SELECT 1", "link 8: its seal was told", "DELETE FROM seals WHERE seq = 8"),
    Case("delete all seals", "SELECT 1", "link 4: its seal was told", "DELETE FROM seals"),
]  # fmt: skip


class Ledger(NamedTuple):
    """A true ledger of twelve links, sealed at 4, 8 and 12, in a database nobody is connected to."""

    database: str
    settings: LaksaSettings
    seals: list[tuple[int, bytes]]


@pytest.fixture(scope="module")
async def ledger(databases: Any, settings_for: Callable[..., Any], clock: ManualClock, keys: Keys) -> Ledger:
    """Twelve steps of reports, chained and sealed by the service itself."""
    settings = settings_for(LaksaSettings, databases.new("svc_laksa"))
    app = create_app(settings, clock)
    async with in_process(app) as client:
        town = Town(app, client, keys, clock)
        for _ in range(3):
            await _four_links(town)
    database = app.state.runtime.database
    async with database.transaction() as session:
        told = (
            await session.execute(select(outbox.c.data).where(outbox.c.type.like("%chain_sealed%")))
        ).scalars()
        seals = [(data["seq"], bytes.fromhex(data["hash"])) for data in told]
        await session.execute(outbox.update().values(sent_at=clock.now()))
    await database.close()
    assert [seq for seq, _ in sorted(seals)] == [4, 8, 12]
    return Ledger(settings.database_url.get_secret_value().rpartition("/")[2], settings, sorted(seals))


async def _four_links(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "assign")
    await town.act(town.officer, made, "start")
    await town.act(town.officer, made, "finish", town.evidence(town.officer))
    while await town.run.sequencer.chain_waiting():
        pass
    await town.run.sequencer.seal()


@pytest.fixture(scope="module")
async def gateway(
    databases: Any, settings_for: Callable[..., Any], clock: ManualClock, ledger: Ledger
) -> AsyncIterator[tuple[FastAPI, str, str]]:
    """A gateway that keeps these seals; its address, and its owner's."""
    url = databases.new("gateway")
    app: FastAPI = create_gateway(settings_for(GatewaySettings, url), clock)
    async with served(app) as address:
        yield app, address, databases.owner_url(url)


@pytest.fixture
async def told(gateway: tuple[FastAPI, str, str], ledger: Ledger, clock: ManualClock) -> tuple[str, str]:
    """The gateway with every seal as it was told; its address, and its owner's."""
    app, address, owner = gateway
    await done(owner, "DELETE FROM seals")
    async with app.state.runtime.database.transaction() as session:
        for seq, digest in ledger.seals:
            await keep_seal(session, "laksa", seq, digest, at=clock.now())
    return address, owner


@pytest.fixture
def copy(postgres: Cluster, ledger: Ledger) -> Iterator[str]:
    """The name of a copy of the true ledger's database."""
    name = f"tampered_{uuid4().hex[:8]}"
    postgres.sql(f'CREATE DATABASE "{name}" OWNER svc_laksa_owner TEMPLATE "{ledger.database}"')
    yield name
    postgres.sql(f'DROP DATABASE "{name}" WITH (FORCE)')


async def done(url: str, what: str | Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    """Done by the owner of the tables."""
    owner = await asyncpg.connect(url)
    try:
        await (owner.execute(what) if isinstance(what, str) else what(owner))
    finally:
        await owner.close()


async def verified(
    ledger: Ledger, url: str, gateway: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Exit code and verdict of the command."""
    changed = {"database_url": SecretStr(url), "public_url": gateway}
    code = await asyncio.to_thread(_ledger_verify, ledger.settings.model_copy(update=changed))
    printed = capsys.readouterr().out
    return code, printed[printed.index("verdict") + len("verdict") :].strip()


async def test_the_true_ledger_is_whole(
    ledger: Ledger, copy: str, told: tuple[str, str], postgres: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.url(copy, "svc_laksa", "svc_laksa")
    assert await verified(ledger, url, told[0], capsys) == (0, "whole")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_what_was_done_to_the_ledger_is_found_and_located(
    case: Case,
    ledger: Ledger,
    copy: str,
    told: tuple[str, str],
    postgres: Cluster,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, gateway_owner = told
    await done(postgres.url(copy, "svc_laksa_owner", "svc_laksa"), case.does)
    await done(gateway_owner, case.gateway or "SELECT 1")
    code, verdict = await verified(ledger, postgres.url(copy, "svc_laksa", "svc_laksa"), address, capsys)
    with capsys.disabled():
        if SHOWN:
            print(f"  {case.name:<30} {verdict}")
    assert code == 1
    assert verdict.startswith(f"BROKEN: {case.said}")
