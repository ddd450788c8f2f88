"""Reads of this slice."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits.models import Audit
from gateway.seals.models import Seal as Kept
from shared.chain.verify import Seal
from shared.tables import entries

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of this subject, by this person, of this kind, from a moment until before another."""

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(session: AsyncSession, wanted: Wanted, before: UUID | None, limit: int) -> Sequence[Audit]:
    """Newest first; `before`: the id of the last one seen."""
    lines = select(Audit)
    for name in ("subject", "actor", "action"):
        if (value := getattr(wanted, name)) is not None:
            lines = lines.where(getattr(Audit, name) == value)
    if wanted.since is not None:
        lines = lines.where(Audit.at >= wanted.since)
    if wanted.until is not None:
        lines = lines.where(Audit.at < wanted.until)
    if before is not None:
        lines = lines.where(Audit.id < before)
    return (await session.scalars(lines.order_by(Audit.id.desc()).limit(limit))).all()


async def seals(session: AsyncSession) -> Sequence[Seal]:
    """The seals of the gateway's own chain; one a minute at most, and only while something happens."""
    kept = select(Kept.seq, Kept.hash).where(Kept.service == "gateway")
    return [Seal(row.seq, row.hash) for row in await session.execute(kept)]


async def beside_their_entries(
    session: AsyncSession,
) -> AsyncIterator[tuple[Row[Any], dict[str, Any] | None]]:
    """Every line with what its entry says; a line whose entry is another's counts as without."""
    lines = select(Audit.__table__, entries.c.facts.label("told")).outerjoin(
        entries, (entries.c.id == Audit.entry_id) & (entries.c.entity_id == Audit.id)
    )
    after: UUID | None = None
    while rows := (await session.execute(_after(lines, after))).all():
        for row in rows:
            yield row, row.told
        after = rows[-1].id


def _after(lines: Any, after: UUID | None) -> Any:
    wanted = lines if after is None else lines.where(Audit.id > after)
    return wanted.order_by(Audit.id).limit(_AT_ONCE)


async def entry_without_line(session: AsyncSession) -> UUID | None:
    """The gateway chains nothing but audits: an entry without one lost its line."""
    stray = (
        select(entries.c.id)
        .outerjoin(Audit, Audit.entry_id == entries.c.id)
        .where(Audit.id.is_(None))
        .order_by(entries.c.id)
        .limit(1)
    )
    return await session.scalar(stray)
