"""Prices of a market have changed: whoever watches them is told."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime import Runtime
from shared.timers import Handler
from svc_prices.watches.usecases import MOVED, tell_watchers


async def prices_moved(session: AsyncSession, run: Runtime, market_id: str, now: datetime) -> None:
    """Soon after the write that changed them."""
    await tell_watchers(session, run, int(market_id), now)


TIMERS: dict[str, Handler] = {MOVED: prices_moved}
