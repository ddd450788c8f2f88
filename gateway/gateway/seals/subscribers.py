"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.seals import usecases
from shared.contracts.city import ChainSealedV1
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.runtime import Runtime


async def on_chain_sealed(session: AsyncSession, run: Runtime, event: Envelope, now: datetime) -> None:
    """A service says how far its chain reaches."""
    said = ChainSealedV1.model_validate(event.data)
    await usecases.keep_seal(session, event.publisher, said.seq, bytes.fromhex(said.hash), at=event.time)


SUBSCRIPTIONS = (Subscription("seals", (), (ChainSealedV1.name,), on_chain_sealed),)
