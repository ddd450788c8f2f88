"""What staff do with sources: add, change, switch off, try; and what the collector writes down of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller, Staff, refuse_unless
from shared.city.areas import District
from shared.contracts.city import TagsPurgedV1
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_news.collected.documents import TAG as COLLECTED_TAG
from svc_news.collected.rules import Item
from svc_news.fetching.client import Fetcher
from svc_news.fetching.rules import Refused, destination
from svc_news.fetching.usecases import Asked, FetchFailed, visit
from svc_news.sources import queries
from svc_news.sources.documents import TAG
from svc_news.sources.models import Source
from svc_news.sources.queries import Claimed
from svc_news.sources.rules import ROLES, State

__all__ = [
    "Claimed",
    "Source",
    "Tried",
    "add",
    "change",
    "claim",
    "count_states",
    "held",
    "may_manage",
    "note_failure",
    "page",
    "read",
    "try_out",
]
claim, count_states, held = queries.claim, queries.count_states, queries.held


class CodeTaken(Conflict):
    code = "source_code_taken"


@dataclass(frozen=True, slots=True)
class Tried:
    """A visit for its own sake; `error` names a text `source_error.<error>`."""

    error: str | None = None
    items: Sequence[Item] = ()
    entries: int = 0
    moved_to: str | None = None


async def read(session: AsyncSession, code: str) -> Source:
    """404 if there is none."""
    found = await queries.by_code(session, code)
    if found is None:
        raise NotFound
    return found


async def add(session: AsyncSession, run: Runtime, sent: Any, *, now: datetime) -> Source:
    """A new source, asked at once. 409 if the code is taken, 422 for an address no fetch may go to."""
    _refuse_places(run, sent.url, sent.home_url, sent.district)
    source = made(sent.model_dump(), "staff", now)
    try:
        async with session.begin_nested():
            session.add(source)
    except IntegrityError as error:
        raise CodeTaken from error
    await _refuse_taken(session, source.url, source.code)
    await _tell(session, source, now)
    return source


async def change(
    session: AsyncSession, run: Runtime, code: str, sent: Any, if_match: str | None, *, now: datetime
) -> Source:
    """What is sent is so from now on; a new address, or switching it on, begins anew. 404, 412, 422."""
    source = await queries.by_code(session, code, lock=True)
    if source is None:
        raise NotFound
    refuse_stale(if_match, source.version)
    given = {name: getattr(sent, name) for name in sent.model_fields_set}
    optional = {"home_url", "district"}
    wrong = [
        FieldError(name, "missing") for name, value in given.items() if value is None and name not in optional
    ]
    if wrong:
        raise Unprocessable(errors=wrong)
    _refuse_places(run, given.get("url"), given.get("home_url"), given.get("district"))
    if given.get("url") not in (None, source.url):
        await _refuse_taken(session, given["url"], source.code)
    before = source.url, source.active
    for name, value in given.items():
        setattr(source, name, list(value) if isinstance(value, tuple) else value)
    if (source.url, source.active) != before:
        source.begin_anew(now)
    source.hurry(now)
    source.version += 1
    await _tell(session, source, now)
    return source


async def try_out(run: Runtime, code: str, seconds: float, *, now: datetime) -> Tried:
    """Visits the source now and says what it brings, in a bounded time; keeps nothing.

    In a short transaction of its own, so that no connection waits for somebody outside.
    """
    async with run.database.transaction() as session:
        url = (await read(session, code)).url
    try:
        async with asyncio.timeout(seconds):
            found = await visit(run, Asked(url), now)
    except FetchFailed as error:
        return Tried(error.code)
    except TimeoutError:
        return Tried("timeout")
    moved_to = found.fetched.moved_to if found.fetched else None
    return Tried(None, found.items, found.entries, moved_to)


def made(given: dict[str, Any], vouched: str, now: datetime) -> Source:
    """A source as yet unvisited; `vouched` says whose word its address is."""
    return Source(
        **{**given, "kind": str(given["kind"]), "tags": list(given["tags"])},
        id=new_id(),
        version=1,
        source=vouched,
        failures=0,
        next_attempt_at=now,
        items_taken=0,
        told=0,
    )


async def note_failure(
    session: AsyncSession, source: Source, code: str, wait: timedelta | None, now: datetime, luck: float
) -> None:
    """It did not answer as it should; one that is gone for good leaves the public list."""
    source.failed(code, wait, now, luck)
    if not source.active:
        await _tell(session, source, now)


def _refuse_places(run: Runtime, url: str | None, home_url: str | None, district: str | None) -> None:
    """422 for an address that is never fetched or shown, or a district nobody knows."""
    wrong = []
    admitted = run.part(Fetcher).admitted
    for name, value in (("url", url), ("home_url", home_url)):
        try:
            destination(value, admitted) if value is not None else None
        except Refused as error:
            wrong.append(FieldError(name, error.code))
    if district is not None and not isinstance(run.city.areas.find(district), District):
        wrong.append(FieldError("district", "unknown"))
    if wrong:
        raise Unprocessable(errors=wrong)


async def _refuse_taken(session: AsyncSession, url: str, code: str) -> None:
    """422 for another source's address: each of its stories would be told twice."""
    if await queries.is_anothers(session, url, code):
        raise Unprocessable(errors=[FieldError("url", "source_url_taken")])


async def _tell(session: AsyncSession, source: Source, now: datetime) -> None:
    source.told += 1
    purged = TagsPurgedV1(tags=(TAG, COLLECTED_TAG))
    await emit(session, purged, entity_id=str(source.id), entity_version=source.told, now=now)


def may_manage(caller: Caller, view: str) -> bool:
    """Whether this is the managers' view; 401 or 403 for anybody else who asks for it."""
    if view != "managed":
        return False
    refuse_unless((Staff(*ROLES),), caller)
    return True


async def page(
    session: AsyncSession, only: State | None, managed: bool, limit: int, cursor: str | None
) -> tuple[Sequence[Source], str | None]:
    """Sources by code: the active ones, or for their managers all, of one state if they like."""
    return await queries.page(session, only if managed else None, managed, limit, cursor)
