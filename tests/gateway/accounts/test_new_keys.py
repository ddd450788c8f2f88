"""The look-up key is changed while people sign in: everybody is found, and nobody twice."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from gateway.db import Base
from gateway.edge.fresh import Memory
from gateway.people.models import Citizen
from gateway.people.usecases import welcome
from gateway.vault import Vault
from shared.clock import ManualClock
from shared.rekey import rekey
from shared.testing import in_process
from tests.gateway.accounts.conftest import KEY, People, with_front_ends

ONE, TWO = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
OLD, KNOWN, BOTH, NEW = (
    json.dumps(ring) for ring in ({"k1": ONE}, {"k1": ONE, "k2": TWO}, {"k2": TWO, "k1": ONE}, {"k2": TWO})
)


@pytest.fixture
async def worker(
    make_app: Callable[..., Any], databases: Any, clock: ManualClock
) -> AsyncIterator[Callable[[str], Any]]:
    """`await worker(ring)`: people at one more worker of the same gateway, with that LOOKUP_KEY."""
    url, first = databases.new("gateway"), True
    async with AsyncExitStack() as stack:

        async def start(ring: str) -> People:
            nonlocal first
            app = make_app(
                database_url=url, lookup_key=ring, field_keys=json.dumps({"k1": ONE}), token_key=ONE
            )
            if first:
                await with_front_ends(app, clock)
            await app.state.runtime.part(Memory).reload()
            first = False
            client: AsyncClient = await stack.enter_async_context(in_process(app))
            client.headers["X-Api-Key"] = KEY
            stack.push_async_callback(app.state.runtime.stop)
            return People(client, app, clock)

        yield start


async def _accounts(worker: People) -> int:
    async with worker.run.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Citizen)) or 0


async def _who(worker: People) -> str:
    """The account that signing in by phone leads to."""
    me = await worker.me((await worker.citizen())["access_token"])
    return str(me.json()["id"])


async def test_whoever_signed_in_before_is_found_at_every_stage_and_after_it(
    worker: Callable[[str], Any],
) -> None:
    seen = [await _who(await worker(OLD)), await _who(await worker(KNOWN)), await _who(await worker(BOTH))]
    both = await worker(BOTH)
    vault = both.run.part(Vault)
    assert await rekey(both.run.database, Base.metadata, both.run.cipher, vault.lookup, lambda _: None) == 0
    seen += [await _who(both), await _who(await worker(NEW))]
    assert len(set(seen)) == 1
    assert await _accounts(both) == 1


async def test_two_workers_with_different_current_keys_make_one_account(worker: Callable[[str], Any]) -> None:
    """The unique index cannot see it: both hashes of one phone differ."""
    still, already = await worker(KNOWN), await worker(BOTH)
    phones = [f"0812 0000 1{n:03d}" for n in range(8)]
    asked = [await still.ask(p) for p in phones] + [await already.ask(p) for p in phones]
    assert {a.status_code for a in asked[:8]} == {202}
    assert {a.status_code for a in asked[8:]} == {429}  # it counts the codes that the other one sent
    new = [still.run.part(Vault), already.run.part(Vault)]

    async def arrive(person: People, vault: Vault, phone: str) -> Any:
        async with person.run.database.transaction() as session:
            return (await welcome(session, phone, vault, person.clock.now()))[0]

    numbers = [f"+6281200001{n:03d}" for n in range(8)]
    both = [arrive(p, v, n) for n in numbers for p, v in ((still, new[0]), (already, new[1]))]
    found = await asyncio.gather(*both)
    assert found[::2] == found[1::2]
    assert await _accounts(still) == len(numbers)


async def test_a_code_asked_for_before_the_change_signs_in_after_it(worker: Callable[[str], Any]) -> None:
    before, after = await worker(KNOWN), await worker(BOTH)
    challenge = (await before.ask()).json()["challenge_id"]
    assert (await after.try_code(challenge, "000000")).json()["code"] == "code_wrong"
    assert (await after.try_code(challenge, "123456")).status_code == 200


def test_the_key_of_refresh_tokens_is_settled_before_the_look_up_key_is_changed(
    make_app: Callable[..., Any],
) -> None:
    with pytest.raises(ValueError, match="TOKEN_KEY must be set"):
        make_app(lookup_key=BOTH)


async def test_sessions_know_nothing_of_the_change_and_a_copied_token_is_still_found_out(
    worker: Callable[[str], Any],
) -> None:
    before, after = await worker(OLD), await worker(NEW)
    first = await before.citizen()
    second = (await after.refresh(first["refresh_token"])).json()
    again = (await before.refresh(first["refresh_token"])).json()
    assert again["refresh_token"] == second["refresh_token"]
    third = (await after.refresh(second["refresh_token"])).json()
    assert (await after.refresh(third["refresh_token"])).status_code == 200
    assert (await after.refresh(first["refresh_token"])).json()["code"] == "session_ended"
    assert len(await after.ended_sessions()) == 1
