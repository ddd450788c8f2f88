"""What a transaction leaves to the plumbing: written in one statement, right before its commit.

Outbox, ledger, timers and the kept answer cost eight statements a report, each several times what the
database needs for it.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

_ROWS, _TIMERS, _OWN, WRITTEN = "pending_rows", "pending_timers", "pending_own", "written"
_Table = Literal["outbox", "entries", "idempotency"]


def add(session: AsyncSession, table: _Table, *rows: Mapping[str, Any]) -> None:
    """Rows of one of the plumbing tables, with values that JSON can write, moments and ids."""
    session.info.setdefault(_ROWS, {}).setdefault(table, []).extend(rows)


def set_timer(
    session: AsyncSession, kind: str, entity_id: str, due_at: datetime | None, done_at: datetime | None = None
) -> None:
    """The one timer of this kind for the entity, or none; what was said last in a transaction holds.

    A timer that was done at `done_at` goes unless somebody has set it anew for later meanwhile.
    """
    row = {"kind": kind, "entity_id": entity_id, "due_at": due_at, "done_at": done_at}
    session.info.setdefault(_TIMERS, {})[kind, entity_id] = row


def add_rows(session: AsyncSession, rows: Iterable[DeclarativeBase]) -> None:
    """New rows of a service's own tables, which nobody in this transaction reads back.

    The session's bookkeeping for them costs several times what the statement does.
    """
    own = session.info.setdefault(_OWN, {})
    for row in rows:
        values = {column.key: _value(row, column) for column in row.__table__.columns}
        own.setdefault(row.__tablename__, []).append(values)


async def write(session: AsyncSession) -> None:
    """Writes what was added since the last call; nothing was added: no statement."""
    rows = session.info.pop(_ROWS, {})
    timers, own = session.info.pop(_TIMERS, {}), session.info.pop(_OWN, {})
    if not rows and not timers and not own:
        return
    if timers or rows.keys() - {"idempotency"}:
        session.info[WRITTEN] = True
    told = {**rows, "timers": list(timers.values()), "own": own}
    tables = tuple((name, tuple(rows_of[0])) for name, rows_of in own.items())
    await session.execute(_statement(tables), {"rows": json.dumps(told, default=_plain)})


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"a plumbing row cannot hold a {type(value).__name__}")


def _value(row: DeclarativeBase, column: Any) -> Any:
    value = getattr(row, column.key)
    constant = column.default is not None and column.default.is_scalar
    return column.default.arg if value is None and constant else value


@cache
def _statement(own: tuple[tuple[str, tuple[str, ...]], ...]) -> TextClause:
    """The statement for these tables of the service and the columns this code knows.

    A column that a newer migration added keeps its default: old code goes on beside it.
    """
    inserts = "".join(
        f",\nown_{name} AS (INSERT INTO {name} ({', '.join(columns)})"  # noqa: S608 - our models' names
        f" SELECT {', '.join(f'r.{column}' for column in columns)} FROM given,"
        f" jsonb_populate_recordset(NULL::{name}, rows -> 'own' -> '{name}') AS r)"
        for name, columns in own
    )
    return text(_WRITE.replace("/* own */", inserts))


_WRITE = """
WITH given AS (SELECT CAST(:rows AS jsonb) AS rows),
told AS (
    INSERT INTO outbox
        (id, type, entity_id, entity_version, data, occurred_at, traceparent, causation_id)
    SELECT r.* FROM given, jsonb_to_recordset(rows -> 'outbox') AS r(
        id uuid, type text, entity_id text, entity_version bigint, data jsonb,
        occurred_at timestamptz, traceparent text, causation_id text)
),
entered AS (
    INSERT INTO entries (id, entity_id, entity_version, facts)
    SELECT r.* FROM given, jsonb_to_recordset(rows -> 'entries') AS r(
        id uuid, entity_id uuid, entity_version bigint, facts jsonb)
    RETURNING id, entity_version
),
waiting AS (
    INSERT INTO unchained (entry_id, entity_version) SELECT id, entity_version FROM entered
),
timers AS (
    SELECT r.* FROM given, jsonb_to_recordset(rows -> 'timers') AS r(
        kind text, entity_id text, due_at timestamptz, done_at timestamptz)
),
cancelled AS (
    DELETE FROM due USING timers
    WHERE due.kind = timers.kind AND due.entity_id = timers.entity_id AND timers.due_at IS NULL
        AND (timers.done_at IS NULL OR due.due_at <= timers.done_at)
),
scheduled AS (
    INSERT INTO due (kind, entity_id, due_at)
    SELECT kind, entity_id, due_at FROM timers WHERE due_at IS NOT NULL
    ON CONFLICT (kind, entity_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0, parked_at = NULL
)/* own */
INSERT INTO idempotency (caller, operation, key, body_sha256, status, headers, body, created_at)
SELECT r.caller, r.operation, r.key, decode(r.body_sha256, 'base64'), r.status, r.headers,
    decode(r.body, 'base64'), r.created_at
FROM given, jsonb_to_recordset(rows -> 'idempotency') AS r(
    caller text, operation text, key text, body_sha256 text, status integer, headers jsonb,
    body text, created_at timestamptz)
"""
