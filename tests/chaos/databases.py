"""Reading the two databases as an administrator would, in a transaction a test may have tampered in."""

from dataclasses import fields

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.chain.verify import Seal, verify
from tests.chaos.facts import GatewayFacts, LaksaFacts, Row

_OUTBOX = "SELECT id::text, type, entity_id, entity_version AS version, sent_at FROM outbox"
_LAKSA = {
    "reports": "SELECT id::text, code, version, state, challenged, final_at, overdue_at, citizen_id"
    " FROM reports",
    "steps": "SELECT report_id::text, version, action, state, role FROM report_steps ORDER BY 1, 2",
    "files": "SELECT report_id::text, version, media_id::text FROM report_files",
    "texts": "SELECT report_id::text, version, kind, plain FROM report_texts",
    "entries": "SELECT id::text, entity_id::text AS report_id, entity_version AS version FROM entries",
    "chained": "SELECT seq, entry_id::text FROM chain",
    "keys": "SELECT operation, key FROM idempotency",
    "due": "SELECT kind, entity_id, attempts, parked_at FROM due",
    "outbox": _OUTBOX,
}
_GATEWAY = {
    "media": "SELECT id::text, owner, encode(upload_sha256, 'hex') AS sent, idempotency_key AS key, folder,"
    " variants::text, attached_at FROM media",
    "requests": "SELECT entity_id, citizen_id, version, number, state FROM requests",
    "feed": "SELECT citizen_id, payload->>'id' AS entity_id, payload->>'state' AS state,"
    " payload->>'updated_at' AS updated_at FROM feed WHERE event = 'request_updated' ORDER BY id",
    "inbox": "SELECT consumer, event_id::text FROM inbox",
    "seals": "SELECT service, seq, hash FROM seals",
    "sessions": "SELECT id::text, revoked_at FROM sessions",
    "outbox": _OUTBOX,
}
_BACKLOG = "SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) + (SELECT count(*) FROM unchained)"


async def laksa_facts(connection: AsyncConnection, seals: list[Row]) -> LaksaFacts:
    """What stands in svc-laksa's database, its ledger recomputed and held against the gateway's seals."""
    kept = [Seal(seal["seq"], seal["hash"]) for seal in seals if seal["service"] == "laksa"]
    rows = await _rows(connection, _LAKSA)
    verdict = await verify(AsyncSession(bind=connection), kept)
    assert {f.name for f in fields(LaksaFacts)} == {*rows, "verdict"}
    return LaksaFacts(**rows, verdict=verdict)


async def gateway_facts(connection: AsyncConnection) -> GatewayFacts:
    """What stands in the gateway's database."""
    return GatewayFacts(**await _rows(connection, _GATEWAY))


async def backlog(connection: AsyncConnection) -> int:
    """Events not sent and entries not chained yet."""
    return int((await connection.execute(text(_BACKLOG))).scalar_one())


async def _rows(connection: AsyncConnection, queries: dict[str, str]) -> dict[str, list[Row]]:
    return {
        name: [dict(row) for row in (await connection.execute(text(query))).mappings()]
        for name, query in queries.items()
    }
