"""Reading the chain in its order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from shared.tables import chain, entries

_FILTERS = {"list": "ledger"}


async def links_page(
    session: AsyncSession, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Links with their entries, oldest first, and the cursor of the next page."""
    statement = (
        select(chain.c.seq, chain.c.hash, entries)
        .join(entries, entries.c.id == chain.c.entry_id)
        .where(chain.c.seq > _position(cursor))
        .order_by(chain.c.seq)
        .limit(limit + 1)
    )
    rows = (await session.execute(statement)).all()
    following = paging.encode((rows[limit - 1].seq,), _FILTERS) if len(rows) > limit else None
    return rows[:limit], following


def _position(cursor: str | None) -> int:
    (seq,) = paging.decode(cursor, _FILTERS, 1) if cursor is not None else (0,)
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise BadCursor
    return seq
