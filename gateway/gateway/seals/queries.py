"""Reads of this slice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.seals.models import Seal


async def of_service(
    session: AsyncSession, service: str, *, before: tuple[int, bytes] | None, limit: int
) -> Sequence[Row[Any]]:
    """The seals of a service's chain, newest first; `before` is (seq, hash) of the last one already seen."""
    wanted = select(Seal.__table__).where(Seal.service == service)
    if before is not None:
        wanted = wanted.where(tuple_(Seal.seq, Seal.hash) < before)
    return (await session.execute(wanted.order_by(Seal.seq.desc(), Seal.hash.desc()).limit(limit))).all()
