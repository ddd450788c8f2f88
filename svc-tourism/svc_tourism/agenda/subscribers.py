"""Events this slice listens to: what svc-news publishes of its agenda."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import DocumentPublishedV1, DocumentWithdrawnV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime
from svc_tourism.agenda import usecases


async def on_news(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """An event of the agenda was published, changed or withdrawn."""
    if event.name == DocumentPublishedV1.name:
        await usecases.take(session, run, event, now=now)
    else:
        await usecases.withdraw(session, event, now=now)


SUBSCRIPTIONS = (
    Subscription("agenda", ("NEWS",), (DocumentPublishedV1.name, DocumentWithdrawnV1.name), on_news),
)
