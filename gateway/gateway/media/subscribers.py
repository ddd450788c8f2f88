"""Events this slice listens to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.media.uses import usecases as uses
from gateway.media.uses.usecases import Missing, Word
from shared.contracts.city import MediaAttachedV1, MediaReleasedV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime


async def on_media_attached(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """A service uses these files."""
    said, by = MediaAttachedV1.model_validate(event.data), _by(event)
    missing = await uses.attach(session, map(UUID, said.media_ids), by, now=now)
    if missing:
        run.part(Missing).note(by, missing)


async def on_media_released(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """A service needs these files no longer."""
    said = MediaReleasedV1.model_validate(event.data)
    await uses.release(session, map(UUID, said.media_ids), _by(event))


def _by(event: Envelope) -> Word:
    return Word(event.publisher, UUID(event.id))


SUBSCRIPTIONS = (
    Subscription("media", (), (MediaAttachedV1.name,), on_media_attached),
    Subscription("media-released", (), (MediaReleasedV1.name,), on_media_released),
)
