"""Reads of this slice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Row, Text, any_, func, literal, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.providers.models import Provider
from gateway.streams.models import FeedRow

PAGE = 1_000


async def bounds(session: AsyncSession) -> tuple[int, int]:
    """(oldest, newest) id that the feed holds; (1, 0) while nothing was ever told."""
    row = (await session.execute(select(func.min(FeedRow.id), func.max(FeedRow.id)))).one()
    return (row[0] or 1, row[1] or 0)


async def since(
    session: AsyncSession, people: Collection[str], last_id: int, now: datetime
) -> Sequence[Row[Any]]:
    """What these people were told after that row, oldest first, one page.

    Without what a provider told that may not tell of requests now.
    """
    heard = not_(Provider.silenced(func.coalesce(FeedRow.payload["kind"].astext, ""), now))
    wanted = select(FeedRow.id, FeedRow.citizen_id, FeedRow.event, FeedRow.payload)
    theirs = literal(list(people), ARRAY(Text))  # one parameter, however many people
    wanted = wanted.where(FeedRow.citizen_id == any_(theirs), FeedRow.id > last_id, heard)
    return (await session.execute(wanted.order_by(FeedRow.id).limit(PAGE))).all()
