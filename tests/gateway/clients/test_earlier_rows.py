"""Front ends registered before the registry knew what they are."""

import asyncio
from typing import Any

from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import migrate
from shared.db import Database

_BEFORE = "gateway@gateway_0007_uses"
_ROW = """
INSERT INTO clients
    (code, name, kind, platform, key_hash, origins, rate_per_second, burst, created_at, version)
VALUES (:code, 'x', :kind, :platform, convert_to(:code, 'UTF8'), '[]', 5, 5, now(), 1)
"""


async def test_their_platform_says_what_they_are_and_their_keys_stay(databases: Any) -> None:
    owner = databases.owner_url(databases.new("gateway"))
    database = Database(owner, "owner")
    async with database.connection() as connection:
        await _back(connection)
        for code, kind, platform in (
            ("site", "front_end", "web"),
            ("app", "front_end", "ios"),
            ("police", "partner", None),
        ):
            row = {"code": code, "kind": kind, "platform": platform}
            await connection.execute(text(_ROW), row)
        await connection.commit()
    assert await asyncio.to_thread(migrate.upgrade, "gateway", owner, "gateway")
    async with database.connection() as connection:
        rows = await connection.execute(
            text("SELECT code, type, scopes, convert_from(key_hash, 'UTF8') FROM clients ORDER BY code")
        )
        assert [tuple(row) for row in rows] == [
            ("app", "mobile", [], "app"),
            ("police", "system", [], "police"),
            ("site", "web", [], "site"),
        ]
    await database.close()


async def _back(connection: AsyncConnection) -> None:
    """To the revision before."""
    await connection.run_sync(lambda c: command.downgrade(migrate._config("gateway", c), _BEFORE))
