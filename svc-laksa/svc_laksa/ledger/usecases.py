"""Verifying the ledger against itself and against the seals the gateway keeps."""

from shared.chain.verify import Verdict, verify
from shared.db import Database
from svc_laksa.seals.client import Seals, fetch_seals
from svc_laksa.settings import LaksaSettings


async def verify_ledger(settings: LaksaSettings) -> tuple[Verdict, Seals]:
    """Recomputes the whole chain; reads only, so it may run beside the service."""
    seals = await fetch_seals(settings.public_url)
    database = Database(settings.database_url.get_secret_value(), "laksa", pool=1, overflow=0)
    try:
        async with database.transaction() as session:
            return await verify(session, seals.kept), seals
    finally:
        await database.close()


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
