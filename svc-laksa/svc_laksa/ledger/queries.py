"""Reading the chain in its order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.chain.verify import Seal
from shared.contracts.city import ChainSealedV1
from shared.errors import BadCursor
from shared.tables import chain, entries, outbox
from svc_laksa.reports.models import Step

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


async def not_told_as_done(session: AsyncSession) -> tuple[UUID, int, bool] | None:
    """The first (report, version, whether it has an entry) that has not both a step and an entry."""
    steps, told = Step.__table__, entries
    same = (steps.c.report_id == told.c.entity_id) & (steps.c.version == told.c.entity_version)
    report = func.coalesce(steps.c.report_id, told.c.entity_id)
    version = func.coalesce(steps.c.version, told.c.entity_version)
    alone = (
        select(report, version, told.c.id.is_not(None))
        .select_from(steps.join(told, same, full=True))
        .where(steps.c.report_id.is_(None) | told.c.id.is_(None))
    )
    row = (await session.execute(alone.order_by(report, version).limit(1))).first()
    return None if row is None else (row[0], row[1], row[2])


async def seals_told(session: AsyncSession, before: datetime) -> Sequence[Seal]:
    """The seals sent to the gateway before that moment, of the seven days that are kept."""
    told = select(outbox.c.data).where(
        outbox.c.type == f"laksa.{ChainSealedV1.name}", outbox.c.sent_at < before
    )
    found = [ChainSealedV1.model_validate(data) for data in await session.scalars(told)]
    return sorted(Seal(one.seq, bytes.fromhex(one.hash)) for one in found)


def _position(cursor: str | None) -> int:
    (seq,) = paging.decode(cursor, _FILTERS, 1) if cursor is not None else (0,)
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise BadCursor
    return seq
