"""The ledger: every edit, deletion, reordering and cut is found and located."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shared.chain import sequencer
from shared.chain.entries import append, checked
from shared.chain.sequencer import head
from shared.chain.verify import Seal, Verdict, verify
from shared.clock import ManualClock
from shared.ids import new_id
from shared.tables import outbox
from shared.testing import served


@pytest.fixture
async def chained(
    make_app: Callable[..., FastAPI], clock: ManualClock, databases: Any
) -> AsyncIterator[tuple[FastAPI, asyncpg.Connection]]:
    """Ten chained entries of five entities, and a connection of somebody who may change them."""
    url = databases.new("svc_news")
    app = make_app(clock, database_url=url)
    for entity in [new_id() for _ in range(5)]:
        await write(app, entity, 1)
        await write(app, entity, 2)
    assert await app.state.runtime.sequencer.chain_waiting() == 10
    owner = await asyncpg.connect(databases.owner_url(url))
    yield app, owner
    await owner.close()
    await app.state.runtime.database.close()


async def write(app: FastAPI, entity: UUID, version: int) -> None:
    async with app.state.runtime.database.transaction() as session:
        await append(session, entity, version, {"state": "received", "role": "citizen", "version": version})


async def verdict(app: FastAPI, seals: list[Seal] | None = None) -> Verdict:
    async with app.state.runtime.database.transaction() as session:
        return await verify(session, seals or [])


async def sealed(app: FastAPI) -> list[Seal]:
    async with app.state.runtime.database.transaction() as session:
        return [Seal(*await head(session))]


async def test_a_whole_chain_is_called_whole(chained: Any) -> None:
    app, _ = chained
    found = await verdict(app, await sealed(app))
    assert (found.links, found.waiting, found.broken) == (10, 0, None)


async def test_a_running_process_seals_by_itself_and_again_when_there_is_more(
    make_app: Callable[..., FastAPI], clock: ManualClock, databases: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "SEAL_EVERY", timedelta(seconds=0.1))
    app = make_app(clock, database_url=databases.new("svc_news"))

    async def seals() -> list[int]:
        async with app.state.runtime.database.connection() as connection:
            told = select(outbox.c.entity_version).where(outbox.c.type == "news.chain_sealed.v1")
            return sorted(await connection.scalars(told))

    async with served(app), asyncio.timeout(20):
        for seq in (1, 2):
            await write(app, new_id(), 1)
            while (found := await seals())[-1:] != [seq]:
                await asyncio.sleep(0.02)
    assert found == [1, 2]


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (("UPDATE entries SET facts = facts || '{\"state\": \"done\"}'"
            " WHERE id = (SELECT entry_id FROM chain WHERE seq = 4)"), "link 4: entry"),
        ("DELETE FROM entries WHERE id = (SELECT entry_id FROM chain WHERE seq = 5)", "link 5: its entry"),
        ("DELETE FROM chain WHERE seq = 6", "link 6: missing"),
        (("UPDATE chain SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);"
            " UPDATE chain SET seq = -seq WHERE seq < 0"), "link 2: entry"),
        ("DELETE FROM chain WHERE seq > 7", "link 8: missing; the chain was sealed up to 10"),
        ("DELETE FROM chain", "link 1: missing"),
    ],
)  # fmt: skip
async def test_tampering_is_found_and_located(chained: Any, tampering: str, said: str) -> None:
    app, owner = chained
    seals = await sealed(app)
    await owner.execute(tampering)
    found = await verdict(app, seals)
    assert found.broken is not None
    assert found.broken.startswith(said)


async def test_an_entry_slipped_past_the_chain_is_found(chained: Any) -> None:
    app, owner = chained
    entry = new_id()
    await owner.execute("INSERT INTO entries VALUES ($1, $2, 1, '{}')", entry, new_id())
    assert (await verdict(app)).broken == f"entry {entry}: neither chained nor waiting"


async def test_the_running_service_itself_cannot_change_the_past(chained: Any) -> None:
    app, _ = chained
    for statement in ("UPDATE entries SET facts = '{}'", "DELETE FROM chain", "TRUNCATE entries"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with app.state.runtime.database.transaction() as session:
                await (await session.connection()).exec_driver_sql(statement)


async def test_two_sequencers_make_one_chain(chained: Any, make_app: Callable[..., FastAPI]) -> None:
    app, _ = chained
    other = make_app(app.state.runtime.clock, database_url=app.state.runtime.settings.database_url)
    entity = new_id()
    for version in range(1, 101):
        await write(app, entity, version)
    taken = await asyncio.gather(
        app.state.runtime.sequencer.chain_waiting(), other.state.runtime.sequencer.chain_waiting()
    )
    assert sum(taken) == 100
    assert (await verdict(app)).broken is None
    await other.state.runtime.database.close()


def test_a_fact_that_could_be_written_in_two_ways_is_refused() -> None:
    with pytest.raises(TypeError, match=r"place\.lat"):
        checked({"place": {"lat": -6.1}})


async def test_a_tail_rewritten_and_sealed_again_is_found_by_the_older_seal(chained: Any) -> None:
    app, _ = chained
    (true,) = await sealed(app)
    for other in (bytes(32), b"\xff" * 32):
        found = await verdict(app, [true, Seal(true.seq, other)])
        assert found.broken == (
            "link 10: differs from the seal the gateway keeps; the chain was rewritten after link 0, "
            "or that seal was altered"
        )
