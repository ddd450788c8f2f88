"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.requests.models import CityRequest

Show = Literal["open", "closed"]
Place = tuple[datetime, str, str]


async def of_citizen(
    session: AsyncSession, citizen_id: str, show: Show | None, *, before: Place | None, limit: int
) -> Sequence[Row[Any]]:
    """A citizen's requests, last changed first; `before`: (updated_at, kind, id) of the last one seen."""
    place = (CityRequest.updated_at, CityRequest.kind, CityRequest.entity_id)
    wanted = select(CityRequest.__table__).where(CityRequest.citizen_id == citizen_id)
    if show is not None:
        wanted = wanted.where(CityRequest.closed == (show == "closed"))
    if before is not None:
        wanted = wanted.where(tuple_(*place) < before)
    return (await session.execute(wanted.order_by(*(each.desc() for each in place)).limit(limit))).all()
