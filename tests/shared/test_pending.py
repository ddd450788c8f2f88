"""What a transaction leaves to outbox, ledger, timers and kept answers."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from starlette.responses import Response

from shared import idempotency, tables, timers
from shared.chain import entries
from shared.clock import ManualClock
from shared.contracts.city import TagsPurgedV1
from shared.errors import RequestInFlight
from shared.events.outbox import emit
from shared.ids import new_id
from shared.tables import due, outbox, unchained
from shared.testing import QueryRecorder


async def rows(app: FastAPI, table: Any) -> list[Any]:
    async with app.state.runtime.database.transaction() as session:
        return list((await session.execute(select(table))).all())


async def test_all_of_it_is_written_in_one_statement(app: FastAPI, clock: ManualClock) -> None:
    database, entity = app.state.runtime.database, new_id()
    with QueryRecorder().on(database) as recorder:
        async with database.transaction() as session:
            event = TagsPurgedV1(tags=("a",))
            await emit(session, event, event, entity_id=str(entity), entity_version=3, now=clock.now())
            await entries.append(session, entity, 3, {"state": "a 'quoted' \\ word", "count": 7, "no": None})
            for kind in ("first", "second"):
                await timers.schedule(session, kind, str(entity), clock.now())
    assert len(recorder) == 1
    told = await rows(app, outbox)
    assert [(r.type, r.entity_version, r.data["tags"]) for r in told] == [
        ("news.tags_purged.v1", 3, ["a"])
    ] * 2
    (waiting,) = await rows(app, unchained)
    assert waiting.entity_version == 3
    assert {(r.kind, r.due_at, r.attempts) for r in await rows(app, due)} == {
        ("first", clock.now(), 0),
        ("second", clock.now(), 0),
    }


async def test_what_was_said_last_of_a_timer_holds(app: FastAPI, clock: ManualClock) -> None:
    database, later = app.state.runtime.database, clock.now() + timedelta(days=1)
    async with database.transaction() as session:
        await timers.schedule(session, "moved", "x", clock.now())
        await timers.schedule(session, "moved", "x", later)
        await timers.schedule(session, "dropped", "x", later)
        await timers.cancel(session, "dropped", "x")
        await timers.cancel(session, "set again", "x")
        await timers.schedule(session, "set again", "x", later)
    assert {(r.kind, r.due_at) for r in await rows(app, due)} == {("moved", later), ("set again", later)}
    async with database.transaction() as session:
        await timers.cancel(session, "moved", "x")
    assert [r.kind for r in await rows(app, due)] == ["set again"]


async def test_a_transaction_that_fails_leaves_nothing(app: FastAPI, clock: ManualClock) -> None:
    with pytest.raises(ArithmeticError):
        async with app.state.runtime.database.transaction() as session:
            await timers.schedule(session, "any", "x", clock.now())
            raise ArithmeticError
    assert await rows(app, due) == []


async def test_whoever_looked_too_early_for_a_kept_answer_is_told_to_send_again(
    app: FastAPI, clock: ManualClock
) -> None:
    """The look and the lock are one statement: a commit between them is seen only when the answer is kept."""
    runtime = app.state.runtime
    key = idempotency.Key("citizen:c1", "POST /v1/news/notes", "key-00000001", b"{}")

    async def keep(session: Any) -> None:
        answer = Response(b"{}", 201)
        await idempotency.store(session, key, answer, runtime.cipher, clock.now())

    with pytest.raises(RequestInFlight):
        async with runtime.database.transaction() as late:
            assert await idempotency.stored_answer(late, key, runtime.cipher, clock.now()) is None
            async with runtime.database.transaction() as early:
                await keep(early)
            await timers.schedule(late, "effect", "x", clock.now())
            await keep(late)
    assert await rows(app, due) == []
    async with runtime.database.transaction() as session:
        again = await idempotency.stored_answer(session, key, runtime.cipher, clock.now())
        assert again is not None
        assert again.body == b"{}"


async def test_a_day_later_a_key_that_is_in_use_is_in_use_and_one_just_used_anew_is_not_dropped(
    app: FastAPI, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = app.state.runtime
    key = idempotency.Key("citizen:c1", "POST /v1/news/notes", "key-00000001", b"{}")

    async def look(session: Any) -> Any:
        return await idempotency.stored_answer(session, key, runtime.cipher, clock.now())

    async def keep(session: Any) -> None:
        await idempotency.store(session, key, Response(b"{}", 201), runtime.cipher, clock.now())

    async with runtime.database.transaction() as session:
        await keep(session)
    clock.advance(timedelta(hours=25))
    async with runtime.database.transaction() as running:
        assert await look(running) is None
        clock.advance(timedelta(hours=25))
        with pytest.raises(RequestInFlight):
            async with runtime.database.transaction() as other:
                await look(other)
        await keep(running)
    with pytest.raises(RequestInFlight):
        async with runtime.database.transaction() as late:
            clock.advance(timedelta(hours=25))
            execute = late.execute

            async def after_the_look(*args: Any) -> Any:
                """Whoever had the key before commits between the look and what follows it."""
                monkeypatch.undo()
                found = await execute(*args)
                async with runtime.database.transaction() as early:
                    await early.execute(delete(tables.idempotency))
                    await keep(early)
                return found

            monkeypatch.setattr(late, "execute", after_the_look)
            assert await look(late) is None
            await keep(late)
    async with runtime.database.transaction() as session:
        assert (await look(session)).body == b"{}"


async def test_an_event_no_broker_would_take_fails_its_writer(app: FastAPI, clock: ManualClock) -> None:
    with pytest.raises(ValueError, match=r"tags_purged\.v1"):
        async with app.state.runtime.database.transaction() as session:
            event = TagsPurgedV1(tags=("x" * 250_000,))
            await emit(session, event, entity_id="e", entity_version=1, now=clock.now())
    assert await rows(app, outbox) == []


async def test_a_fact_the_chain_cannot_write_fails_its_writer(app: FastAPI) -> None:
    with pytest.raises(ValueError, match="integer"):
        async with app.state.runtime.database.transaction() as session:
            await entries.append(session, new_id(), 1, {"reference": 9_100_000_000_000_000})
    assert await rows(app, unchained) == []
