"""A change of what apps are shown, and how every worker hears of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from shared.auth import Caller
from shared.contracts.city import TagsPurgedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.events.outbox import emit
from shared.runtime import Runtime

_LOCK = 7_160_055


async def one_at_a_time(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes any of it: limits hold, and rows are made once."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def changed(
    session: AsyncSession,
    caller: Caller,
    tag: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any],
    *,
    version: int,
    now: datetime,
) -> None:
    """Audited, and told to all workers, with the transaction: answers with `tag` are stale."""
    await audits.record(session, caller.person, action, subject, facts, now=now)
    purged = TagsPurgedV1(tags=(tag,))
    await emit(session, purged, entity_id=subject, entity_version=version, now=now)


async def hear(run: Runtime, tag: str, reload: Callable[[], Awaitable[None]]) -> None:
    """For ever: reads anew at the beginning, after each change, and every 5 s while the broker is away."""

    async def heard(event: Envelope) -> None:
        if tag in TagsPurgedV1.model_validate(event.data).tags:
            await reload()

    await Fanout(run.bus, f"{run.name}.{TagsPurgedV1.name}", heard, reload).run()
