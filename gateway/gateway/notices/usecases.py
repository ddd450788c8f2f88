"""What admins and the ops team do with notices: write, change, withdraw; each of it audited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from gateway.desk import usecases as desk
from gateway.notices import queries
from gateway.notices.models import Notice
from gateway.notices.rules import KEPT, MOST_PLANNED, Planned
from gateway.notices.schemas import NoticeIn
from shared.auth import Caller
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

TAG = "bootstrap"
#: What the audit tells of a notice, its words too: everybody could read them, and they are short.
_TOLD = ("level", "title", "text", "platforms", "areas", "link", "starts_at", "ends_at")


class NoticesFull(Conflict):
    code = "notices_full"


async def planned(session: AsyncSession, now: datetime) -> list[Planned]:
    """Those in force and those to come, as requests read them."""
    lists = ("platforms", "areas")
    return [
        Planned(**{**row._mapping, **{name: tuple(getattr(row, name)) for name in lists}})
        for row in await queries.planned(session, now)
    ]


async def write(
    session: AsyncSession, run: Runtime, caller: Caller, sent: NoticeIn, *, now: datetime
) -> Notice:
    """A new notice. 409 `notices_full`, 422 for an area the city has not, or an end that is over."""
    await desk.one_at_a_time(session)
    _refuse(run, sent, now)
    if await queries.count_planned(session, now) >= MOST_PLANNED:
        raise NoticesFull(most=MOST_PLANNED)
    notice = Notice(id=new_id(), author=caller.person, version=0)
    session.add(notice)
    return await _said(session, caller, notice, sent, None, now)


async def change(
    session: AsyncSession,
    run: Runtime,
    caller: Caller,
    notice_id: UUID,
    sent: NoticeIn,
    if_match: str | None,
    *,
    now: datetime,
) -> Notice:
    """Says it anew, for everybody within a second. 404, 412, 422."""
    await desk.one_at_a_time(session)
    notice = await read(session, notice_id)
    refuse_stale(if_match, notice.version)
    _refuse(run, sent, now)
    return await _said(session, caller, notice, sent, _state(notice), now)


async def withdraw(
    session: AsyncSession, caller: Caller, notice_id: UUID, if_match: str | None, *, now: datetime
) -> None:
    """It ends now; nobody sees it any more, and the desk still does. 404, 412."""
    await desk.one_at_a_time(session)
    notice = await read(session, notice_id)
    refuse_stale(if_match, notice.version)
    before = _state(notice)
    notice.ends_at = min(notice.ends_at, now)
    await _tell(session, caller, notice, "notice_withdrawn", before, now)


async def read(session: AsyncSession, notice_id: UUID) -> Notice:
    """404 if there is none."""
    notice = await session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    return notice


async def page(session: AsyncSession, before: queries.Place | None, limit: int) -> Sequence[Notice]:
    """For the desk."""
    return await queries.page(session, before, limit)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes notices a year after their end; answers how many."""
    old = select(Notice.id).where(Notice.ends_at < now - KEPT).limit(FORGOTTEN_AT_ONCE)
    gone = delete(Notice).where(Notice.id.in_(old)).returning(Notice.id)
    return len((await session.execute(gone.execution_options(synchronize_session=False))).all())


async def _said(
    session: AsyncSession,
    caller: Caller,
    notice: Notice,
    sent: NoticeIn,
    before: dict[str, Any] | None,
    now: datetime,
) -> Notice:
    for name, value in sent.model_dump().items():
        setattr(notice, name, list(value) if isinstance(value, tuple) else value)
    action = "notice_written" if before is None else "notice_changed"
    await _tell(session, caller, notice, action, before, now)
    return notice


async def _tell(
    session: AsyncSession,
    caller: Caller,
    notice: Notice,
    action: str,
    before: dict[str, Any] | None,
    now: datetime,
) -> None:
    notice.version, notice.changed_at = notice.version + 1, now
    subject, version = f"notice:{notice.id}", notice.version
    facts = {"version": version, **audits.difference(before, _state(notice))}
    await desk.changed(session, caller, TAG, action, subject, facts, version=version, now=now)


def _state(notice: Notice) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in _TOLD}


def _refuse(run: Runtime, sent: NoticeIn, now: datetime) -> None:
    wrong = [FieldError("areas", "unknown") for code in sent.areas if code not in run.city.areas.codes][:1]
    if sent.ends_at <= now:
        wrong.append(FieldError("ends_at", "ends_too_early"))
    if wrong:
        raise Unprocessable(errors=wrong)
