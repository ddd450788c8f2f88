"""Events leave from the caller's transaction: written beside the change, sent by the relay after commit."""

from datetime import datetime

import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.event import Event
from shared.ids import new_id
from shared.tables import outbox


async def emit(
    session: AsyncSession, *events: Event, entity_id: str, entity_version: int, now: datetime
) -> None:
    """Writes the events of one change into the open transaction, in one statement.

    `entity_version` is the row's version after the change, incremented under the row's lock: subscribers
    ignore versions at or below the one they hold.
    """
    bound = structlog.contextvars.get_contextvars()
    session.info["written"] = True
    common = {
        "entity_id": entity_id,
        "entity_version": entity_version,
        "occurred_at": now,
        "traceparent": bound.get("traceparent"),
        "causation_id": bound.get("causation_id"),
    }
    rows = [
        {
            "id": new_id(),
            "type": f"{session.info['publisher']}.{event.name}",
            "data": event.model_dump(mode="json"),
            **common,
        }
        for event in events
    ]
    await session.execute(insert(outbox), rows)
