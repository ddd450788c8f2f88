"""Migrating beside a running service: short waits, given way, and taken up again where it broke off."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared import migrate

_REVISION = '''
"""{name}."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = {name!r}, {parent!r}, {labels!r}, None
def upgrade():
    {body}
'''


class Later:
    """A package of revisions on a database of its own."""

    def __init__(self, folder: Path, owner_url: str) -> None:
        self.owner_url, self._folder = owner_url, folder
        self._last: str | None = None

    def add(self, name: str, body: str) -> None:
        """One more revision, after the last one."""
        labels = None if self._last else ("later",)
        text = _REVISION.format(name=name, parent=self._last, labels=labels, body=body)
        (self._folder / "migrations" / "versions" / f"{name}.py").write_text(text)
        self._last = name

    async def upgrade(self) -> bool:
        """As a start of the stack does it, in a thread."""
        return await asyncio.to_thread(migrate.upgrade, self._folder.name, self.owner_url, "svc_jobs")

    async def connect(self) -> asyncpg.Connection:
        """Somebody at work on the tables."""
        return await asyncpg.connect(self.owner_url)


@pytest.fixture
async def later(tmp_path: Path, databases: Any, monkeypatch: pytest.MonkeyPatch) -> Later:
    """A table `things` with two rows, and room for revisions."""
    folder = tmp_path / f"later_{uuid4().hex}"
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Later(folder, databases.owner_url(databases.new("svc_jobs")))
    made.add("later_1", "op.execute('CREATE TABLE things (id int)')")
    assert await made.upgrade()
    connection = await made.connect()
    await connection.execute("INSERT INTO things VALUES (1), (1)")
    await connection.close()
    return made


async def waits_for_a_lock(connection: asyncpg.Connection, name: str = "things") -> None:
    """Until somebody stands in the queue for the table."""
    asked = "SELECT count(*) FROM pg_locks WHERE relation = $1::regclass AND NOT granted"
    while not await connection.fetchval(asked, name):
        await asyncio.sleep(0.01)


async def test_a_revision_that_cannot_have_its_lock_gives_way_to_those_behind_it(later: Later) -> None:
    holder, reader = await later.connect(), await later.connect()
    await holder.execute("BEGIN; SELECT * FROM things")  # somebody's long transaction
    later.add("later_2", "op.execute('ALTER TABLE things ADD COLUMN word text')")
    upgrading = asyncio.create_task(later.upgrade())
    await waits_for_a_lock(reader)
    assert await reader.fetchval("SELECT count(*) FROM things") == 2  # although the holder still holds
    assert not upgrading.done()
    await holder.execute("COMMIT")
    assert await upgrading
    assert await reader.fetchval("SELECT count(word) FROM things") == 0
    for connection in (holder, reader):
        await connection.close()


async def test_an_index_that_broke_off_is_built_anew(later: Later) -> None:
    body = """with op.get_context().autocommit_block():
        op.create_index(
            "ix_things", "things", ["id"], unique=True, postgresql_concurrently=True, if_not_exists=True
        )"""
    later.add("later_2", body)
    with pytest.raises(Exception, match="could not create unique index"):
        await later.upgrade()
    connection = await later.connect()
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_things'::regclass"
    assert await connection.fetchval(valid) is False
    await connection.execute("DELETE FROM things WHERE ctid = (SELECT min(ctid) FROM things)")
    assert await later.upgrade()
    assert await connection.fetchval(valid) is True
    assert not await later.upgrade()
    await connection.close()


async def test_each_revision_is_kept_for_itself_with_its_rights(later: Later) -> None:
    later.add("later_2", "op.execute('CREATE TABLE kept (id int)')")
    later.add("later_3", "op.execute('SELECT nonsense')")
    with pytest.raises(Exception, match="nonsense"):
        await later.upgrade()
    connection = await later.connect()
    assert await connection.fetchval("SELECT has_table_privilege('svc_jobs', 'kept', 'INSERT')")
    assert not await connection.fetchval("SELECT has_table_privilege('svc_jobs', 'chain', 'UPDATE')")
    await connection.close()


async def test_two_starts_at_once_migrate_once(later: Later) -> None:
    later.add("later_2", "op.execute('CREATE TABLE once (id int)')")
    assert sorted(await asyncio.gather(later.upgrade(), later.upgrade())) == [False, True]


def test_what_a_module_drops_is_its_own_and_not_what_several_share(
    databases: Any, lasting_databases: Any, postgres: Any
) -> None:
    own, shared = databases.apart(), lasting_databases.new("svc_jobs")
    url = own.new("svc_jobs")
    own.drop_all()
    there = postgres.sql("SELECT datname FROM pg_database").split()
    assert shared.rpartition("/")[2] in there
    assert url.rpartition("/")[2] not in there
