"""Events this slice listens to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media import usecases
from shared.contracts.city import MediaAttachedV1
from shared.events.bus import STREAMS
from shared.events.event import Envelope
from shared.events.inbox import Subscription


async def on_media_attached(session: AsyncSession, event: Envelope, now: datetime) -> None:
    """A service uses these files."""
    said = MediaAttachedV1.model_validate(event.data)
    await usecases.attach(session, [UUID(media_id) for media_id in said.media_ids], now=now)


PUBLISHERS = tuple(name for name in STREAMS if name not in ("GATEWAY", "DEAD"))
SUBSCRIPTIONS = (Subscription("media", PUBLISHERS, (MediaAttachedV1.name,), on_media_attached),)
