"""Reads of data sets, on the primary key."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor
from svc_tourism.catalogue.models import Dataset

_FILTERS = {"list": "datasets"}
_LOCK = 0xDCA7


async def page(session: AsyncSession, limit: int, cursor: str | None) -> tuple[Sequence[Dataset], str | None]:
    """Those in the catalogue, the oldest first, and the cursor of the next page."""
    rows = await listed(session, limit + 1, _position(cursor) if cursor is not None else None)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode((rows[limit - 1].id,), _FILTERS)


async def listed(session: AsyncSession, limit: int, after: UUID | None = None) -> Sequence[Dataset]:
    """Those in the catalogue in the order of their ids."""
    statement = select(Dataset).where(Dataset.withdrawn_at.is_(None))
    if after is not None:
        statement = statement.where(Dataset.id > after)
    return (await session.scalars(statement.order_by(Dataset.id).limit(limit))).all()


async def counted(session: AsyncSession) -> int:
    """How many there are, with nobody adding one meanwhile."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    where = Dataset.withdrawn_at.is_(None)
    return await session.scalar(select(func.count()).select_from(Dataset).where(where)) or 0


async def find(session: AsyncSession, dataset_id: UUID, *, lock: bool = False) -> Dataset | None:
    """One of them, withdrawn or not."""
    return await session.get(Dataset, dataset_id, with_for_update=lock or None)


def _position(cursor: str) -> UUID:
    (dataset_id,) = paging.decode(cursor, _FILTERS, 1)
    try:
        return UUID(dataset_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadCursor from error
