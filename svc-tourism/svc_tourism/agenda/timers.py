"""Due work of this slice: events that are long over go."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime import Runtime
from svc_tourism.agenda import usecases


async def over(session: AsyncSession, run: Runtime, event_id: str, now: datetime) -> None:
    """Some weeks after its end."""
    await usecases.forget(session, event_id, now)


TIMERS = {usecases.OVER: over}
