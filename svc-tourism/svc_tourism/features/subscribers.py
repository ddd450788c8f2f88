"""Events this slice listens to: what any service publishes for the public."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime
from svc_tourism.features import usecases

PUBLISHERS = ("LAKSA", "EMERGENCY", "JOBS", "PRICES", "NEWS")


async def on_document(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """Something became public, changed, or is public no longer."""
    if event.name == DocumentPublishedV1.name:
        await usecases.take(session, run, event, now=now)
    else:
        await usecases.withdraw(session, event, now=now)


SUBSCRIPTIONS = (
    Subscription("features", PUBLISHERS, (DocumentPublishedV1.name, DocumentWithdrawnV1.name), on_document),
)
