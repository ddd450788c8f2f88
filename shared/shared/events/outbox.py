"""Events leave from the caller's transaction: written beside the change, sent by the relay after commit."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared import pending
from shared.events.event import Event
from shared.ids import new_id

_MOST_BYTES = 200_000  # a message has 256 KiB, its envelope included


async def emit(
    session: AsyncSession, *events: Event, entity_id: str, entity_version: int, now: datetime
) -> None:
    """Adds the events of one change to the open transaction.

    ValueError for an event that no broker would take: it would hold back all that follows it.
    `entity_version` is the row's version after the change, incremented under the row's lock: subscribers
    ignore versions at or below the one they hold.
    """
    for event in events:
        if len(event.model_dump_json()) > _MOST_BYTES:
            raise ValueError(f"an event {event.name} of more than {_MOST_BYTES} bytes")
    bound = structlog.contextvars.get_contextvars()
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
    pending.add(session, "outbox", *rows)
