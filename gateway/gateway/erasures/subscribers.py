"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.erasures import usecases
from shared.contracts.city import CitizenErasureDoneV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime


async def on_erasure_done(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """A service has erased what it held of somebody."""
    said = CitizenErasureDoneV1.model_validate(event.data)
    await usecases.answered(session, event.subject, event.publisher, said, now)


SUBSCRIPTIONS = (Subscription("erasures", (), (CitizenErasureDoneV1.name,), on_erasure_done),)
