"""Noting what an administrator did, in the same transaction; and proving that no line was changed since."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import queries, rules
from gateway.audits.models import Audit
from gateway.settings import GatewaySettings
from shared.chain import entries
from shared.chain.verify import Seal, Verdict, verify
from shared.db import Database
from shared.ids import new_id

COMMAND = rules.COMMAND
difference, digest = rules.difference, rules.digest


async def record(
    session: AsyncSession,
    actor: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any] | None = None,
    *,
    now: datetime,
) -> None:
    """One line, in the list and in the chain.

    `actor` is the opaque id of a member of staff, or `command` for one given on the machine; `action` is past
    tense (`client_disabled`); `subject` what it was done to (`client:web`). Facts hold no secret and nothing
    personal: codes, addresses, numbers, words the city published; `difference` makes those of a change, and
    `digest` stands for words that are not public.
    """
    audit_id, told = new_id(), dict(facts or {})
    line = rules.chained(actor, action, subject, now, told)
    entry_id = await entries.append(session, audit_id, 1, line)
    session.add(
        Audit(
            id=audit_id,
            entry_id=entry_id,
            at=now,
            actor=actor,
            action=action,
            subject=subject,
            facts=told,
        )
    )


async def check(session: AsyncSession, heads: Iterable[Seal] = ()) -> Verdict:
    """Recomputes the chain, and compares every line of the list with its entry.

    The seals of this very database are one witness; `heads` are others: what an earlier check or a backup
    printed, or what somebody copied from /v1/ledger-seals/gateway. Only those find a database rewritten
    from end to end.
    """
    verdict = await verify(session, [*await queries.seals(session), *heads])
    if verdict.broken is not None:
        return verdict
    return replace(verdict, broken=await _untrue(session))


async def verify_audits(settings: GatewaySettings, heads: Iterable[Seal] = ()) -> Verdict:
    """The same from the command line, beside the running gateway; reads only.

    When to run it: after each backup and each restore, and whenever an administrator's word is doubted. Keep
    the printed head (`seq:hash`) away from the machine and hand it in at the next check: a service must not
    be its own witness. On BROKEN: stop signing in as admin, keep database and backups as they are, compare
    with the newest backup whose head still holds; the first link named is where the change begins.
    """
    database = Database(settings.database_url.get_secret_value(), "gateway", pool=1, overflow=0)
    try:
        async with database.transaction() as session:
            return await check(session, heads)
    finally:
        await database.close()


async def _untrue(session: AsyncSession) -> str | None:
    """The first line that is not what its entry says, or the first entry without a line."""
    async for line, facts in queries.beside_their_entries(session):
        told = rules.chained(line.actor, line.action, line.subject, line.at, line.facts)
        if facts is None:
            return f"audit {line.id}: its entry is missing"
        if facts != told:
            return f"audit {line.id}: differs from its entry"
    stray = await queries.entry_without_line(session)
    return None if stray is None else f"entry {stray}: its line was taken out of the list"
