"""What administrators say of versions and flags."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
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
    values = {**sent.model_dump(), "message": _texts(sent)}
    return await _take(session, caller, row, AppVersion(platform=platform, version=0), values, now)


async def say_flag(
    session: AsyncSession, caller: Caller, name: str, sent: FlagIn, if_match: str | None, *, now: datetime
) -> Flag:
    """Switches a flag, or makes it. 409 `flags_full`, 412."""
    row = await _row(session, Flag, name, if_match)
    if row is None and await queries.count_flags(session) >= queries.MOST_FLAGS:
        raise FlagsFull(most=queries.MOST_FLAGS)
    return await _take(session, caller, row, Flag(name=name, version=0), sent.model_dump(), now)


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
    before = _state(row)
    await session.delete(row)
    row.version += 1
    await _tell(session, caller, row, "dropped", audits.difference(before, None), now)


async def _row(session: AsyncSession, kind: type[_Row], key: str, if_match: str | None) -> _Row | None:
    """The row, and nobody else changes one meanwhile; 412 if it is not the one the caller saw."""
    await desk.one_at_a_time(session)
    row = await session.get(kind, key)
    refuse_stale(if_match, row.version if row is not None else 0)
    return row


async def _take(
    session: AsyncSession, caller: Caller, held: _Row | None, new: _Row, values: dict[str, Any], now: datetime
) -> _Row:
    before, row = _state(held), held or new
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    row.version, row.changed_at = row.version + 1, now
    session.add(row)
    await _tell(session, caller, row, "said", audits.difference(before, _state(row)), now)
    return row


async def _tell(
    session: AsyncSession, caller: Caller, row: _Row, verb: str, facts: dict[str, Any], now: datetime
) -> None:
    word, key = ("flag", row.name) if isinstance(row, Flag) else ("app_version", row.platform)
    told = {"version": row.version, **facts}
    action, subject = f"{word}_{verb}", f"{word}:{key}"
    await desk.changed(session, caller, TAG, action, subject, told, version=row.version, now=now)


def _state(row: AppVersion | Flag | None) -> dict[str, Any] | None:
    """What the audit tells; a flag's purpose is for administrators alone, its digest will do."""
    if isinstance(row, AppVersion):
        return {n: getattr(row, n) for n in ("latest", "minimum", "required", "message", "store")}
    if row is None:
        return None
    aim = {name: getattr(row, name) for name in ("platforms", "from_version", "below_version")}
    return {"is_on": row.is_on, "purpose": audits.digest(row.purpose), **aim}


def _texts(sent: AppVersionIn) -> dict[str, str]:
    return sent.message.model_dump() if sent.message is not None else {}
