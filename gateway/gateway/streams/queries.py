"""Reads of this slice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, Row, Select, Text, any_, bindparam, func, not_, select
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
    given = {"people": list(people), "last_id": last_id, "now": now}
    found: Sequence[Row[Any]] = (await session.execute(_SINCE, given)).all()
    return found


def _since() -> Select[Any]:
    """Made once: it is asked for every stream that opens."""
    now = bindparam("now", type_=DateTime(timezone=True))
    heard = not_(Provider.silenced(func.coalesce(FeedRow.payload["kind"].astext, ""), now))
    wanted = select(FeedRow.id, FeedRow.citizen_id, FeedRow.event, FeedRow.payload)
    theirs = bindparam("people", type_=ARRAY(Text))  # one parameter, however many people
    wanted = wanted.where(FeedRow.citizen_id == any_(theirs), FeedRow.id > bindparam("last_id"), heard)
    return wanted.order_by(FeedRow.id).limit(PAGE)


_SINCE = _since()
