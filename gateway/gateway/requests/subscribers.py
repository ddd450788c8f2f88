"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.requests import usecases
from shared.contracts.city import RequestUpdatedV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime


async def on_request_updated(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """A service has moved something that a citizen asked for."""
    await usecases.note_update(session, event, now=now)


SUBSCRIPTIONS = (Subscription("requests", (), (RequestUpdatedV1.name,), on_request_updated),)
