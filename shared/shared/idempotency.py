"""Sending again does it once: the answer of a write is kept beside its effect, in the same transaction."""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from shared import pending
from shared.crypto import FieldCipher
from shared.errors import IdempotencyKeyBad, IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight
from shared.tables import FORGOTTEN_AT_ONCE, idempotency

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,200}")
_TAKE = text("""
SELECT pg_try_advisory_xact_lock(:number) AS free, kept.body_sha256, kept.status, kept.headers, kept.body,
    kept.created_at < :oldest AS over
FROM (SELECT 1) AS once LEFT JOIN idempotency AS kept
    ON kept.caller = :caller AND kept.operation = :operation AND kept.key = :key
""").columns(headers=JSONB)
_DROP = text("""
DELETE FROM idempotency
WHERE caller = :caller AND operation = :operation AND key = :key AND created_at < :oldest
""")
_HEADERS = ("content-type", "content-language", "etag", "location")


@dataclass(frozen=True, slots=True)
class Key:
    """One action of one caller, `body` with the query behind it: repeated, it gets the first answer again."""

    caller: str
    operation: str
    key: str
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of what the key was used with."""
        return hashlib.sha256(self.body).digest()

    @property
    def place(self) -> str:
        """Where the stored answer stands, for its encryption."""
        return f"idempotency.body.{self.caller}|{self.operation}|{self.key}"


def key_from(header: str | None, body: bytes) -> str:
    """The header, or a client-made `id` in the JSON body; 400 if there is neither or it is malformed."""
    offered = header if header is not None else _client_made_id(body)
    if not offered:
        raise IdempotencyKeyMissing
    if not _KEY.fullmatch(offered):
        raise IdempotencyKeyBad
    return offered


async def stored_answer(
    session: AsyncSession, key: Key, cipher: FieldCipher, now: datetime
) -> Response | None:
    """Takes the key for this transaction; 409 while another has it, 422 if it came with another body.

    After 24 hours the key is good for a new action. Whoever committed between the look and the lock is found
    when the answer is kept: `pending.write`; an answer just kept in place of the old one is not dropped.
    """
    number = int.from_bytes(
        hashlib.sha256(f"{key.caller}|{key.operation}|{key.key}".encode()).digest()[:8], signed=True
    )
    asked = {"caller": key.caller, "operation": key.operation, "key": key.key, "oldest": now - KEPT}
    row = (await session.execute(_TAKE, asked | {"number": number})).one()
    if not row.free:
        raise RequestInFlight
    if row.over:
        await session.execute(_DROP, asked)
    if row.status is None or row.over:
        return None
    if row.body_sha256 != key.digest:
        raise IdempotencyKeyReused
    body = cipher.decrypt(row.body, key.place)
    return Response(body, row.status, {**row.headers, "Idempotency-Replayed": "true"})


async def store(
    session: AsyncSession, key: Key, answer: Response, cipher: FieldCipher, now: datetime
) -> None:
    """Keeps a 2xx answer with the effect it answers for; 409 if somebody was faster with the same key."""
    row = {
        "caller": key.caller,
        "operation": key.operation,
        "key": key.key,
        "body_sha256": b64encode(key.digest).decode(),
        "status": answer.status_code,
        "headers": {name: answer.headers[name] for name in _HEADERS if name in answer.headers},
        "body": b64encode(cipher.encrypt(bytes(answer.body), key.place)).decode(),
        "created_at": now,
    }
    pending.add(session, "idempotency", row)
    try:
        await pending.write(session)
    except IntegrityError as error:
        if "pk_idempotency" in str(error.orig):
            raise RequestInFlight from error
        raise


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes answers older than 24 hours, a bounded batch at a time: how many."""
    columns = (idempotency.c.caller, idempotency.c.operation, idempotency.c.key)
    old = select(*columns).where(idempotency.c.created_at < now - KEPT).limit(FORGOTTEN_AT_ONCE)
    gone = await session.execute(delete(idempotency).where(tuple_(*columns).in_(old)))
    return cast(CursorResult[Any], gone).rowcount


def _client_made_id(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    offered = value.get("id") if isinstance(value, dict) else None
    return offered if isinstance(offered, str) else None
