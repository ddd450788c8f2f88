"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.requests import usecases
from shared.contracts.city import RequestUpdatedV1
from shared.events.bus import STREAMS
from shared.events.event import Envelope
from shared.events.inbox import Subscription


async def on_request_updated(session: AsyncSession, event: Envelope, now: datetime) -> None:
    """A service has moved something that a citizen asked for."""
    await usecases.note_update(session, event, now=now)


PUBLISHERS = tuple(name for name in STREAMS if name not in ("GATEWAY", "DEAD"))
SUBSCRIPTIONS = (Subscription("requests", PUBLISHERS, (RequestUpdatedV1.name,), on_request_updated),)
