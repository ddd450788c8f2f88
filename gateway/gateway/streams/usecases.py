"""Telling a citizen something, and opening a stream that hears it."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from nats.errors import Error as NatsError
from sqlalchemy import DateTime, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.streams import queries
from gateway.streams.models import FeedRow, StreamTicket
from gateway.streams.rules import Hub, Places
from shared import log
from shared.auth import Caller
from shared.crypto import secret_digest
from shared.errors import Unauthenticated
from shared.events.bus import Bus
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

_log = log.get(__name__)
TICKET_SECONDS = 30
KEPT = timedelta(hours=24)
TOLD = "told"  # in session.info: whom this transaction tells something
_TURN = "feed_turn"  # in session.info: that it holds the lock
_LOCK = 0xFEED
PUSH = "push.feed"  # the core NATS subject on which workers hear whose feeds grew
_AWAY_MS = range(500, 8_500)  # after a restart the streams come back spread over these 8 s


@dataclass(frozen=True, slots=True)
class Right:
    """Whose stream may be opened, in which language, and until when."""

    citizen_id: str
    sid: str | None
    language: str
    ends_at: datetime


async def in_order(session: AsyncSession) -> None:
    """Waits for the turn to write to the feed; before any row is locked, or two writers wait for each other.

    Ids are given in the order of the commits: a reader who has seen id 7 has seen everything before it.
    """
    if not session.info.get(_TURN):
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        session.info[_TURN] = True


async def tell(
    session: AsyncSession, citizen_id: str, event: str, payload: dict[str, Any], *, now: datetime
) -> None:
    """Adds to a citizen's feed; open streams hear of it after the commit. Nobody is told who has left.

    In the payload a text is {id, en}, and a moment is ISO 8601 under a name that ends in `_at`.
    """
    await in_order(session)
    row = {"citizen_id": citizen_id, "event": event, "payload": payload, "created_at": now}
    if await session.scalar(_TELL, row) is not None:
        session.info.setdefault(TOLD, set()).add(citizen_id)


async def issue_ticket(
    session: AsyncSession, caller: Caller, language: str, ends_at: datetime, *, now: datetime
) -> str:
    """A ticket for one stream of this citizen; only its digest is kept."""
    ticket = secrets.token_urlsafe(32)
    session.add(
        StreamTicket(
            digest=secret_digest(ticket),
            citizen_id=caller.person,
            sid=caller.sid,
            language=language,
            ends_at=ends_at,
            expires_at=now + timedelta(seconds=TICKET_SECONDS),
        )
    )
    return ticket


async def use_ticket(session: AsyncSession, ticket: str, *, now: datetime) -> Right:
    """What the ticket allows; it is gone afterwards. 401 if it was used, is too old or never was."""
    used = delete(StreamTicket).where(StreamTicket.digest == secret_digest(ticket)).returning(StreamTicket)
    found = (await session.scalars(used)).one_or_none()
    if found is None or found.expires_at <= now or found.ends_at <= now:
        raise Unauthenticated
    return Right(found.citizen_id, found.sid, found.language, found.ends_at)


async def resume(session: AsyncSession, offered: str | None) -> tuple[int, bool]:
    """(feed row to go on after, whether something in between is lost); `offered` is a Last-Event-ID."""
    oldest, newest = await queries.bounds(session)
    if not offered:
        return newest, False
    if (
        offered.isascii()
        and offered.isdecimal()
        and len(offered) < 19
        and oldest - 1 <= int(offered) <= newest
    ):
        return int(offered), False
    return newest, True


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes rows after 24 hours, except the newest: it tells how far the feed reaches; how many went."""
    newest = select(func.max(FeedRow.id)).scalar_subquery()
    old = select(FeedRow.id).where(FeedRow.created_at < now - KEPT, FeedRow.id < newest)
    gone = delete(FeedRow).where(FeedRow.id.in_(old.limit(FORGOTTEN_AT_ONCE))).returning(FeedRow.id)
    return len((await session.execute(gone.execution_options(synchronize_session=False))).all())


async def forget_tickets(session: AsyncSession, now: datetime) -> int:
    """Deletes tickets nobody used in time; answers how many."""
    old = select(StreamTicket.digest).where(StreamTicket.expires_at < now).limit(FORGOTTEN_AT_ONCE)
    gone = delete(StreamTicket).where(StreamTicket.digest.in_(old)).returning(StreamTicket.digest)
    return len((await session.execute(gone.execution_options(synchronize_session=False))).all())


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """Deletes what a citizen was told, and her tickets; answers how many rows. After `in_order`.

    The newest row of the feed stays, but without her: it tells how far the feed reaches.
    """
    hers = FeedRow.citizen_id == citizen_id
    newest = select(func.max(FeedRow.id)).scalar_subquery()
    last = update(FeedRow).where(hers, FeedRow.id == newest).values(citizen_id="", payload={})
    await session.execute(last.execution_options(synchronize_session=False))
    gone = await session.execute(delete(FeedRow).where(hers).returning(FeedRow.id))
    await session.execute(delete(StreamTicket).where(StreamTicket.citizen_id == citizen_id))
    return len(gone.all())


async def push(bus: Bus, info: dict[str, Any]) -> None:
    """After a commit: tells all workers whose feeds grew; while the broker is away they look themselves."""
    people = info.pop(TOLD, None)
    if people:
        try:
            await bus.publish(PUSH, json.dumps(sorted(people)).encode())
        except (NatsError, OSError) as error:
            _log.warning("feed_not_pushed", error=type(error).__name__)


def equip(run: Runtime) -> None:
    """The hub of this worker; its streams end when the process is told to stop, not when it is killed."""
    hub = Hub()
    run.parts[Hub] = hub
    run.metrics.gauge("city_streams_open", "Personal streams open").set_function(lambda: hub.open)
    run.database.after_commit.append(partial(push, run.bus))
    run.stopping.append(lambda: hub.stop(waits(hub)))


async def end_all(run: Runtime) -> None:
    """Every stream and ticket is over: whoever still has a good token comes back within seconds."""
    async with run.database.transaction() as session:
        await session.execute(delete(StreamTicket))
    hub: Hub = run.part(Hub)
    hub.send_away(waits(hub))


def waits(places: Places) -> Iterator[int]:
    """For each open stream, after how many ms it should come back."""
    return (secrets.choice(_AWAY_MS) for _ in range(places.open))


_TELL = text("""
INSERT INTO feed (citizen_id, event, payload, created_at)
SELECT CAST(:citizen_id AS text), :event, :payload, :created_at
WHERE NOT EXISTS (SELECT FROM erasures WHERE citizen_id = :citizen_id)
RETURNING id
""").bindparams(bindparam("payload", type_=JSONB), bindparam("created_at", type_=DateTime(timezone=True)))
