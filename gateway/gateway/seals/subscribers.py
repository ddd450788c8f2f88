"""Events this slice listens to."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.seals import usecases
from shared.contracts.city import ChainSealedV1
from shared.events.bus import STREAMS
from shared.events.event import Envelope
from shared.events.inbox import Subscription


async def on_chain_sealed(session: AsyncSession, event: Envelope, now: datetime) -> None:
    """A service says how far its chain reaches."""
    said = ChainSealedV1.model_validate(event.data)
    await usecases.keep_seal(session, event.publisher, said.seq, bytes.fromhex(said.hash), at=event.time)


PUBLISHERS = tuple(name for name in STREAMS if name != "DEAD")
SUBSCRIPTIONS = (Subscription("seals", PUBLISHERS, (ChainSealedV1.name,), on_chain_sealed),)
