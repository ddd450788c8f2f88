"""Due work of this slice: words that an open matter still needed."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.runtime import Runtime
from svc_laksa.privacy.usecases import WORDS_KEPT, erase_when_over


async def words_kept(session: AsyncSession, run: Runtime, report_id: str, now: datetime) -> None:
    """Once a day, until the matter is over."""
    await erase_when_over(session, run, report_id, now)


TIMERS = {WORDS_KEPT: words_kept}
