"""Keeping what the services say of their chains."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.seals.models import Seal
from shared import log

_log = log.get(__name__)


async def keep_seal(session: AsyncSession, service: str, seq: int, digest: bytes, *, at: datetime) -> None:
    """Adds a seal; one that contradicts an earlier one is kept beside it and reported."""
    await session.execute(
        insert(Seal).values(service=service, seq=seq, hash=digest, at=at).on_conflict_do_nothing()
    )
    same_place = (Seal.service == service, Seal.seq == seq, Seal.hash != digest)
    if await session.scalar(select(Seal.seq).where(*same_place).limit(1)) is not None:
        _log.error("seals_contradict", chain=service, seq=seq)
