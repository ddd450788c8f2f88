"""Verifying the ledger against itself, the steps of the reports, and the seals the gateway keeps."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared.chain.verify import Verdict, verify
from shared.clock import SystemClock
from shared.db import Database
from svc_laksa.ledger import queries
from svc_laksa.seals.client import Seals, fetch_seals
from svc_laksa.settings import LaksaSettings

#: So long a seal may be on its way to the gateway before it counts as lost.
_ON_ITS_WAY = timedelta(minutes=5)


async def verify_ledger(settings: LaksaSettings) -> tuple[Verdict, Seals]:
    """Recomputes the whole chain; reads only, so it may run beside the service."""
    seals = await fetch_seals(settings.public_url)
    database = Database(settings.database_url.get_secret_value(), "laksa", pool=1, overflow=0)
    try:
        async with database.transaction() as session:
            verdict = await verify(session, seals.kept)
            if verdict.broken is None:
                now = SystemClock(settings.city_time_offset).now()
                broken = await _untold(session) or await _unkept(session, seals, now - _ON_ITS_WAY)
                verdict = replace(verdict, broken=broken)
            return verdict, seals
    finally:
        await database.close()


async def _untold(session: AsyncSession) -> str | None:
    """A step without its entry was cut out of the ledger; an entry without a step was put into it."""
    found = await queries.not_told_as_done(session)
    if found is None:
        return None
    report, version, has_entry = found
    kind = "an entry, but no step of the report" if has_entry else "a step of the report, but no entry"
    return f"report {report}: version {version} has {kind}"


async def _unkept(session: AsyncSession, seals: Seals, before: datetime) -> str | None:
    """A seal that was told and is not kept was removed there: with it the ledger could be cut unseen."""
    if seals.unreachable is not None:
        return None
    kept = set(seals.kept)
    lost = [seal for seal in await queries.seals_told(session, before) if seal not in kept]
    return f"link {lost[0].seq}: its seal was told and the gateway does not keep it" if lost else None


def table(verdict: Verdict, seals: Seals) -> str:
    """The result in a few lines for people."""
    newest = max((seal.seq for seal in seals.kept), default=0)
    sealed = (
        seals.unreachable or f"{len(seals.kept)} kept by the gateway checked, the newest at link {newest}"
    )
    rows = {
        "links": f"{verdict.links:,}",
        "waiting": f"{verdict.waiting:,}",
        "head": verdict.head.hex(),
        "seals": sealed,
        "verdict": f"BROKEN: {verdict.broken}" if verdict.broken else "whole",
    }
    return "\n".join(f"{name:<8} {value}" for name, value in rows.items())
