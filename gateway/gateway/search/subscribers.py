"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.search import usecases
from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime


async def on_document(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """Something became public, changed, or is public no longer."""
    await usecases.take(session, event, now=now)


SUBSCRIPTIONS = (
    Subscription("search", (), (DocumentPublishedV1.name, DocumentWithdrawnV1.name), on_document),
)
