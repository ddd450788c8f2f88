"""Reads of sources: one by its code, the list, who is due, and how they do as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from svc_news.sources.models import Source
from svc_news.sources.rules import FAILING, LEASE, State


@dataclass(frozen=True, slots=True)
class Claimed:
    """A source that is ours to ask until `until`."""

    id: UUID
    code: str
    url: str
    etag: str | None
    last_modified: str | None
    until: datetime


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> Source | None:
    """The source, or None."""
    return (await session.scalars(_locked(select(Source).where(Source.code == code), lock))).one_or_none()


async def is_anothers(session: AsyncSession, url: str, code: str) -> bool:
    """Whether a source of another code has this address, active or not."""
    return bool(await session.scalar(select(exists().where(Source.url == url, Source.code != code))))


async def held(session: AsyncSession, claimed: Claimed) -> Source | None:
    """The source under its lock, if it is still ours and nobody gave it another address meanwhile."""
    where = Source.id == claimed.id, Source.claimed_until == claimed.until, Source.url == claimed.url
    return (await session.scalars(_locked(select(Source).where(*where), lock=True))).one_or_none()


async def page(
    session: AsyncSession, only: State | None, everything: bool, limit: int, cursor: str | None
) -> tuple[Sequence[Source], str | None]:
    """Sources by code; those switched off only with `everything`."""
    filters = {"list": "sources", "only": only, "everything": everything}
    statement = select(Source).order_by(Source.code).limit(limit + 1)
    if not everything:
        statement = statement.where(Source.active == true())
    if only is not None:
        statement = statement.where(_in(only))
    if cursor is not None:
        (code,) = paging.decode(cursor, filters, 1)
        statement = statement.where(Source.code > paging.word(code))
    rows = (await session.scalars(statement)).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], paging.encode((rows[limit - 1].code,), filters)


async def claim(session: AsyncSession, now: datetime) -> Claimed | None:
    """Takes the most overdue source that nobody else is asking; several processes take several."""
    free = or_(Source.claimed_until.is_(None), Source.claimed_until <= now)
    due = (
        select(Source.id)
        .where(Source.active == true(), Source.next_attempt_at <= now, free)
        .order_by(Source.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = update(Source).where(Source.id == due.scalar_subquery()).values(claimed_until=now + LEASE)
    columns = Source.id, Source.code, Source.url, Source.etag, Source.last_modified, Source.claimed_until
    row = (await session.execute(taken.returning(*columns))).one_or_none()
    return Claimed(*row[:-1], until=now + LEASE) if row is not None else None


async def count_states(session: AsyncSession) -> dict[str, int]:
    """How many sources are in each state."""
    state = case(*((_in(each), each.value) for each in State))
    rows = await session.execute(select(state, func.count()).group_by(state))
    return {str(name): count for name, count in rows}


def _in(state: State) -> ColumnElement[bool]:
    """`rules.state_of`, as SQL."""
    failing = Source.failures >= FAILING
    if state == State.OFF:
        return Source.active != true()
    if state == State.FAILING:
        return Source.active & failing
    answered = Source.last_success_at.is_not(None)
    return Source.active & ~failing & (answered if state == State.OK else ~answered)


def _locked(statement: Select[Source], lock: bool) -> Select[Source]:
    if not lock:
        return statement
    return statement.with_for_update().execution_options(populate_existing=True)
