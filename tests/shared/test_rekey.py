"""Field keys are replaced while people write: nothing is lost, nothing half done, nothing mixed up."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.clock import ManualClock
from shared.crypto import FieldCipher, LookUp, UnreadableField, lookup_hash, sealed
from shared.db import Database
from shared.health import OpsApp
from shared.ids import new_id
from shared.rekey import know_keys, rekey
from shared.settings import Settings
from shared.tables import field_keys

ONE, TWO = b"1" * 32, b"2" * 32
OLD, BOTH, NEW = {"k1": ONE}, {"k2": TWO, "k1": ONE}, {"k2": TWO}
PEOPLE = sa.Table(
    "people",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("phone", sa.LargeBinary, info=sealed(found_by="phone_hash", kind="phone")),
    sa.Column("phone_hash", sa.LargeBinary, unique=True),
    sa.Column("phone_hash_key", sa.Text),
    sa.Column("name", sa.LargeBinary, info=sealed()),
    sa.Column("version", sa.Integer, server_default="0"),
)
ROWS = 1_203
"""More than two transactions of 500."""


def place(column: str, row_id: UUID) -> str:
    return f"people.{column}.{row_id}.demo"


def person(ring: dict[str, bytes], number: int) -> dict[str, Any]:
    """A row as a service with that ring writes it; every third has no name."""
    row_id, cipher, phone = new_id(), FieldCipher(ring), f"+62812{number:08d}"
    return {
        "id": row_id,
        "kind": "demo",
        "phone": cipher.encrypt(phone, place("phone", row_id)),
        "phone_hash": LookUp(ring).hashes("phone", phone)[0],
        "phone_hash_key": cipher.current,
        "name": cipher.encrypt(f"demo {number}", place("name", row_id)) if number % 3 else None,
    }


@pytest.fixture
async def database(databases: Any) -> AsyncIterator[Database]:
    """A service's database with a table of people, written under k1."""
    url = databases.new("svc_news")
    owner = Database(databases.owner_url(url), "owner")
    async with owner.transaction() as session:
        await (await session.connection()).run_sync(PEOPLE.metadata.create_all)
        await session.execute(sa.text("GRANT ALL ON people TO svc_news"))
    await owner.close()
    found = Database(url, "news")
    await know_keys(found, FieldCipher(OLD))
    async with found.transaction() as session:
        await session.execute(sa.insert(PEOPLE), [person(OLD, n) for n in range(ROWS)])
    yield found
    await found.close()


async def run(database: Database, ring: dict[str, bytes], tell: Callable[[str], None] = str) -> int:
    return await rekey(database, PEOPLE.metadata, FieldCipher(ring), LookUp(ring), tell)


async def rows(database: Database) -> list[Any]:
    async with database.transaction() as session:
        return list((await session.execute(sa.select(PEOPLE).order_by(PEOPLE.c.id))).all())


async def noted(database: Database) -> set[str]:
    async with database.transaction() as session:
        return set(await session.scalars(sa.select(field_keys.c.name)))


async def test_everything_lies_under_the_new_key_afterwards_and_is_found_by_it(database: Database) -> None:
    told: list[str] = []
    assert await run(database, BOTH, told.append) == 0
    assert told[-1] == f"people: {ROWS:,} rows written anew, 0 under older keys"
    new = FieldCipher(NEW)
    for number, row in enumerate(await rows(database)):
        phone = new.text(row.phone, place("phone", row.id))
        assert phone == f"+62812{number:08d}"
        assert (row.phone_hash, row.phone_hash_key) == (lookup_hash(TWO, "phone", phone), "k2")
        name = row.name and new.text(row.name, place("name", row.id))
        assert name == (f"demo {number}" if number % 3 else None)
    assert await noted(database) == {"k2"}


async def test_run_again_it_changes_nothing(database: Database) -> None:
    await run(database, BOTH)
    before, told = await rows(database), []
    assert await run(database, BOTH, told.append) == 0
    assert told[-1].startswith("people: 0 rows written anew")
    assert await rows(database) == before


async def test_killed_in_between_it_goes_on_where_it_was(database: Database) -> None:
    began = asyncio.Event()

    async def stop_after_the_first_transaction() -> None:
        cipher = FieldCipher(BOTH)
        work = asyncio.create_task(rekey(database, PEOPLE.metadata, cipher, LookUp(BOTH), lambda _: None))
        while not began.is_set():
            if any(FieldCipher.key_of(row.phone) == "k2" for row in await rows(database)):
                work.cancel()
                began.set()
        await asyncio.gather(work, return_exceptions=True)

    await stop_after_the_first_transaction()
    half = [FieldCipher.key_of(row.phone) for row in await rows(database)]
    assert half.count("k2") % 500 == 0
    assert await noted(database) == {"k1", "k2"}
    assert await run(database, BOTH) == 0
    assert {FieldCipher.key_of(row.phone) for row in await rows(database)} == {"k2"}


async def test_what_people_write_meanwhile_is_kept(database: Database) -> None:
    """Somebody holds one row, changes its name under the new key and commits late; others come in anew."""
    first = (await rows(database))[1]
    async with database.transaction() as session:
        name = FieldCipher(BOTH).encrypt("demo, renamed", place("name", first.id))
        await session.execute(sa.update(PEOPLE).where(PEOPLE.c.id == first.id).values(name=name))
        await session.flush()
        work = asyncio.create_task(run(database, BOTH))
        async with asyncio.timeout(20):
            while sum(FieldCipher.key_of(r.phone) == "k2" for r in await rows(database)) < ROWS - 1:
                assert not work.done()
                await asyncio.sleep(0.02)
        async with database.transaction() as other:
            await other.execute(sa.insert(PEOPLE), [person(BOTH, ROWS)])
    assert await work == 0
    now = next(r for r in await rows(database) if r.id == first.id)
    assert FieldCipher(NEW).text(now.name, place("name", first.id)) == "demo, renamed"
    assert FieldCipher.key_of(now.phone) == "k2"
    assert len(await rows(database)) == ROWS + 1


async def test_a_field_that_does_not_open_is_named_and_keeps_the_old_key_in_use(database: Database) -> None:
    broken, told = (await rows(database))[7], []
    async with database.transaction() as session:
        await session.execute(sa.update(PEOPLE).where(PEOPLE.c.id == broken.id).values(name=b"\x01\x02k1 no"))
    assert await run(database, BOTH, told.append) == 1
    assert told[0].startswith(place("name", broken.id))
    assert told[-1] == f"people: {ROWS - 1:,} rows written anew, 1 under older keys"
    assert await noted(database) == {"k1", "k2"}


@pytest.mark.parametrize("ring", [NEW, {"k1": TWO}], ids=["the old key is gone", "another key has its name"])
async def test_a_ring_without_a_key_that_rows_use_writes_nothing_and_says_so(
    database: Database, ring: dict[str, bytes]
) -> None:
    before, cipher = await rows(database), FieldCipher(ring)
    await know_keys(database, cipher)
    assert [trouble.partition(":")[0] for trouble in cipher.troubles] == ["field key k1"]
    with pytest.raises(UnreadableField, match="field key k1"):
        cipher.encrypt("demo", "people.name.x")
    with pytest.raises(UnreadableField, match="k1"):
        await run(database, ring)
    assert await rows(database) == before
    assert await noted(database) == {"k1"}


async def test_a_process_with_such_a_ring_is_not_ready_and_the_command_ends_with_the_reason(
    database: Database, make_app: Callable[..., Any], clock: ManualClock
) -> None:
    url = database.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    ring = json.dumps({"k2": base64.b64encode(TWO).decode()})
    app = make_app(clock, database_url=url, field_keys=ring)
    runtime = app.state.runtime
    await know_keys(runtime.database, runtime.cipher)
    answer = await OpsApp(runtime, runtime.city.folder).ready()
    assert answer.status_code == 503
    assert "field key k1" in bytes(answer.body).decode()
    settings = runtime.settings
    secret = ("database_url", "nats_url", "field_keys", "lookup_key", "media_signing_key")
    values = {name.upper(): getattr(settings, name).get_secret_value() for name in secret}
    values |= {"CITY_PACK": str(settings.city_pack), "IDENTITY_JWKS": str(settings.identity_jwks)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "svc_news", "rekey", env=os.environ | values, stderr=asyncio.subprocess.PIPE
    )
    said = (await child.communicate())[1].decode()
    assert child.returncode == 1
    assert said.startswith("svc-news: field key k1")
    assert base64.b64encode(TWO).decode() not in said
    await runtime.stop()


def test_a_ring_names_its_keys_and_one_key_alone_is_k1(settings_for: Callable[..., Settings]) -> None:
    one, two = (base64.b64encode(key).decode() for key in (ONE, TWO))
    plain = settings_for(Settings, "postgresql://x", lookup_key=one, media_signing_key=one)
    assert (plain.lookup_keys(), plain.media_keys) == ({"k1": ONE}, (ONE,))
    ring = json.dumps({"k2": two, "k1": one})
    both = settings_for(Settings, "postgresql://x", lookup_key=ring, media_signing_key=ring)
    assert (list(both.lookup_keys()), both.media_keys) == (["k2", "k1"], (TWO, ONE))


@pytest.mark.parametrize("name", ["field_keys", "lookup_key", "media_signing_key"])
@pytest.mark.parametrize("value", ["{}", '{"k1": "c2hvcnQ="}', "c2hvcnQ="])
def test_a_key_that_is_no_key_ends_the_start_without_being_quoted(
    settings_for: Callable[..., Settings], name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=name.upper()) as refused:
        settings_for(Settings, "postgresql://x", **{name: value})
    assert "c2hvcnQ" not in str(refused.value)
