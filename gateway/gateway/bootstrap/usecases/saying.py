"""What administrators say of versions and flags."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.bootstrap import queries
from gateway.bootstrap.models import AppVersion, Flag
from gateway.bootstrap.schemas import AppVersionIn, FlagIn
from gateway.bootstrap.usecases.beginning import TAG
from gateway.desk import usecases as desk
from shared.auth import Caller
from shared.errors import Conflict, NotFound
from shared.replies import refuse_stale

_Row = TypeVar("_Row", AppVersion, Flag)


class FlagsFull(Conflict):
    code = "flags_full"


async def app_versions(session: AsyncSession) -> Sequence[AppVersion]:
    """The records of all platforms."""
    return await queries.versions(session)


async def flags(session: AsyncSession) -> Sequence[Flag]:
    """All flags."""
    return await queries.flags(session)


async def say_version(
    session: AsyncSession,
    caller: Caller,
    platform: str,
    sent: AppVersionIn,
    if_match: str | None,
    *,
    now: datetime,
) -> AppVersion:
    """What is the newest version there, from now on. 412 if somebody else changed it meanwhile."""
    row = await _row(session, AppVersion, platform, if_match)
    row = row or AppVersion(platform=platform, version=0)
    facts = {"latest": sent.latest, "minimum": sent.minimum, "required": sent.required}
    tell = partial(desk.changed, action="app_version_said", subject=f"app_version:{platform}", facts=facts)
    return await _take(session, caller, row, {**sent.model_dump(), "message": _texts(sent)}, tell, now)


async def say_flag(
    session: AsyncSession, caller: Caller, name: str, sent: FlagIn, if_match: str | None, *, now: datetime
) -> Flag:
    """Switches a flag, or makes it. 409 `flags_full`, 412."""
    row = await _row(session, Flag, name, if_match)
    if row is None and await queries.count_flags(session) >= queries.MOST_FLAGS:
        raise FlagsFull(most=queries.MOST_FLAGS)
    tell = partial(desk.changed, action="flag_said", subject=f"flag:{name}", facts={"is_on": sent.is_on})
    return await _take(session, caller, row or Flag(name=name, version=0), sent.model_dump(), tell, now)


async def drop(
    session: AsyncSession,
    caller: Caller,
    kind: type[_Row],
    key: str,
    if_match: str | None,
    *,
    now: datetime,
) -> None:
    """The record is gone: no update is asked for, the flag is off. 404, 412."""
    row = await _row(session, kind, key, if_match)
    if row is None:
        raise NotFound
    await session.delete(row)
    word = "flag" if kind is Flag else "app_version"
    subject, following = f"{word}:{key}", row.version + 1
    await desk.changed(session, caller, TAG, f"{word}_dropped", subject, {}, version=following, now=now)


async def _row(session: AsyncSession, kind: type[_Row], key: str, if_match: str | None) -> _Row | None:
    """The row, and nobody else changes one meanwhile; 412 if it is not the one the caller saw."""
    await desk.one_at_a_time(session)
    row = await session.get(kind, key)
    refuse_stale(if_match, row.version if row is not None else 0)
    return row


async def _take(
    session: AsyncSession, caller: Caller, row: _Row, values: dict[str, Any], tell: Any, now: datetime
) -> _Row:
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    row.version, row.changed_at = row.version + 1, now
    session.add(row)
    await tell(session, caller, TAG, version=row.version, now=now)
    return row


def _texts(sent: AppVersionIn) -> dict[str, str]:
    return sent.message.model_dump() if sent.message is not None else {}
