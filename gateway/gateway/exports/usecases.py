"""Asking for an export, gathering it part by part, and forgetting it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accesses import usecases as accesses
from gateway.exports import queries, rules
from gateway.exports.models import Export, ExportPart
from shared import log
from shared.crypto import FieldCipher
from shared.ids import new_id
from shared.tables import FORGOTTEN_AT_ONCE

OWN = "gateway"
_log = log.get(__name__)


async def ask(session: AsyncSession, citizen_id: str, holders: Iterable[str], now: datetime) -> Export:
    """Her export, begun now; the one under way, or a complete one younger than an hour, is given instead."""
    known = await session.get(Export, citizen_id, with_for_update=True)
    if known is not None and known.good(now, rules.SAME):
        return known
    if known is not None:
        await session.execute(delete(Export).where(Export.citizen_id == citizen_id))
        session.expunge(known)
    times = {"requested_at": now, "look_at": now, "expires_at": now + rules.UNFINISHED_KEPT}
    new = insert(Export).values(citizen_id=citizen_id, id=new_id(), tries=0, **times)
    made: Export | None = await session.scalar(new.on_conflict_do_nothing().returning(Export))
    if made is None:  # asked for twice at once
        return (await session.scalars(select(Export).where(Export.citizen_id == citizen_id))).one()
    session.add_all([ExportPart(export_id=made.id, service=name) for name in (OWN, *holders)])
    await accesses.note(session, citizen_id, "export_requested", "self", now=now)
    return made


async def claim(session: AsyncSession, now: datetime) -> tuple[Export, list[str]] | None:
    """The next one to look after, with the services that have not answered; not due again for a while."""
    due = select(Export).where(Export.look_at <= now).order_by(Export.look_at).limit(1)
    export = await session.scalar(due.with_for_update(skip_locked=True))
    if export is None:
        return None
    export.tries += 1
    export.look_at = now + rules.pause(export.tries)
    found = await queries.parts(session, export.id)
    return export, [part.service for part in found if part.sealed is None]


async def keep(
    session: AsyncSession,
    cipher: FieldCipher,
    export: Export,
    service: str,
    held: Mapping[str, Any],
    now: datetime,
) -> None:
    """What a service handed out, encrypted; nothing if she erased her account meanwhile."""
    part = await session.get(ExportPart, (export.id, service), with_for_update=True)
    if part is None:
        return
    part.sealed = cipher.encrypt(json.dumps(held, ensure_ascii=False), part.place)
    part.gathered_at = now
    await accesses.note(session, export.citizen_id, "export_gathered", "system", service=service, now=now)


async def conclude(session: AsyncSession, export_id: UUID, now: datetime) -> None:
    """Complete once every service has answered; then it is kept for a day."""
    this = select(Export).where(Export.id == export_id, Export.complete_at.is_(None))
    export = await session.scalar(this.with_for_update())
    if export is None or any(part.sealed is None for part in await queries.parts(session, export_id)):
        return
    export.complete_at, export.expires_at, export.look_at = now, now + rules.KEPT, None


async def read(
    session: AsyncSession, cipher: FieldCipher, export: Export, now: datetime
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """(what each service handed out, the services that have not answered yet); noted in her trail."""
    found = await queries.parts(session, export.id)
    held = {p.service: json.loads(cipher.decrypt(p.sealed, p.place)) for p in found if p.sealed is not None}
    await accesses.note(session, export.citizen_id, "export_read", "self", now=now)
    return held, [part.service for part in found if part.sealed is None]


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """Deletes her export; answers how many."""
    gone = delete(Export).where(Export.citizen_id == citizen_id).returning(Export.id)
    return len((await session.execute(gone)).all())


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes exports whose time is over, a bounded batch; says so of those that were never complete."""
    old = select(Export.citizen_id).where(Export.expires_at <= now).limit(FORGOTTEN_AT_ONCE)
    gone = delete(Export).where(Export.citizen_id.in_(old)).returning(Export.complete_at)
    ends = (await session.scalars(gone.execution_options(synchronize_session=False))).all()
    unfinished = sum(complete_at is None for complete_at in ends)
    if unfinished:
        _log.error("exports_given_up", count=unfinished)
    return len(ends)
