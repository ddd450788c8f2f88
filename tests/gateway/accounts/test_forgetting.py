"""However much is finished at once, a look a minute forgets all of it, in bounded batches."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from gateway.accesses import usecases as accesses
from gateway.accounts import usecases as accounts
from gateway.accounts.timers import forget_once
from gateway.codes import usecases as codes
from gateway.exports import usecases as exports
from gateway.passwords import usecases as passwords
from gateway.streams import usecases as streams
from gateway.streams.timers import forget_once as forget_feed_once
from shared.tables import FORGOTTEN_AT_ONCE

MANY = 2 * FORGOTTEN_AT_ONCE + 1
OLD = "timestamptz '2020-01-01'"
FULL = {
    "sessions": "id, person_kind, person_id, newest, created_at, last_seen_at, expires_at)"
    f" SELECT gen_random_uuid(), 'citizen', gen_random_uuid(), '', {OLD}, {OLD}, {OLD}",
    "sign_in_attempts": f"username_hash, tries, last_at) SELECT int4send(n), 1, {OLD}",
    "data_accesses": f"id, citizen_id, at, what, whom) SELECT gen_random_uuid(), 'c', {OLD}, 'x', 'self'",
    "exports": "citizen_id, id, requested_at, tries, expires_at)"
    f" SELECT n::text, gen_random_uuid(), {OLD}, 0, {OLD}",
    "feed": f"citizen_id, event, payload, created_at) SELECT 'c', 'x', '{{}}', {OLD}",
    "stream_tickets": "digest, citizen_id, language, ends_at, expires_at)"
    f" SELECT int4send(n), 'c', 'id', {OLD}, {OLD}",
}
#: The newest row tells how far the feed reaches.
STAYS = {"feed": 1}


@pytest.fixture
async def full(app: FastAPI) -> Any:
    """Every table has more than two batches of finished things."""
    async with app.state.runtime.database.transaction() as session:
        for table, rows in FULL.items():
            many = f"INSERT INTO {table} ({rows} FROM generate_series(1, {MANY}) AS n"
            await session.execute(text(many))
    return app.state.runtime


async def test_one_look_forgets_all_that_is_finished(full: Any) -> None:
    await forget_once(full)
    await forget_feed_once(full)
    async with full.database.transaction() as session:
        counts = {table: await session.scalar(text(f"SELECT count(*) FROM {table}")) for table in FULL}
    assert counts == dict.fromkeys(FULL, 0) | STAYS


async def test_a_transaction_forgets_a_bounded_batch(full: Any) -> None:
    kinds = (accounts, passwords, accesses, exports, streams)
    forget = [each.forget_old for each in kinds] + [codes.forget_old, streams.forget_tickets]
    for work in forget:
        async with full.database.transaction() as session:
            gone = await work(session, full.clock.now())
        assert gone == (0 if work is codes.forget_old else FORGOTTEN_AT_ONCE), work.__module__
