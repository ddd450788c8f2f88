"""Handing out and erasing what is held of one resident."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.privacy import HeldPage
from shared.errors import BadCursor
from shared.runtime import Runtime
from svc_prices.watches import usecases as watches
from svc_prices.watches.models import Watch

_PAGE = 50


async def export(session: AsyncSession, run: Runtime, citizen_id: str, after: str | None) -> HeldPage:
    """Her watches; `after` is the id of the last one of the page before."""
    try:
        found = await watches.of_citizen(session, citizen_id, UUID(after) if after else None, _PAGE)
    except ValueError as error:
        raise BadCursor from error
    if not found:
        return HeldPage()
    following = str(found[-1].id) if len(found) == _PAGE else None
    return HeldPage(held={"watches": [_held(row) for row in found]}, next=following)


async def erase(session: AsyncSession, run: Runtime, citizen_id: str, now: datetime) -> Mapping[str, int]:
    """Her watches are gone."""
    return {"watches": await watches.forget(session, citizen_id)}


def _held(row: Watch) -> dict[str, Any]:
    same = ("commodity_id", "market_id", "level", "percent", "direction", "baseline_price")
    moments = {"baseline_day": row.baseline_day.isoformat(), "created_at": row.created_at.isoformat()}
    return {"id": str(row.id), **{name: getattr(row, name) for name in same}, **moments}
