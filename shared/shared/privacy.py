"""What a service holds of one person: handed out page by page, and erased, both at the gateway's word."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Allow, Caller, System
from shared.contracts.city import CitizenErasureDoneV1
from shared.contracts.gateway import CitizenErasedV1
from shared.contracts.privacy import HeldPage
from shared.db import Db
from shared.events.event import Envelope
from shared.events.inbox import Subscription
from shared.events.outbox import emit
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.tables import idempotency
from shared.timers import Handler, schedule

#: No token of hers is good so long after the erasure (10 minutes), and no request with one is under way.
LATE = timedelta(minutes=15)
_AGAIN = "citizen_erased_again"


async def _nothing_held(session: AsyncSession, run: Runtime, citizen_id: str, after: str | None) -> HeldPage:
    return HeldPage()


async def _nothing_to_erase(
    session: AsyncSession, run: Runtime, citizen_id: str, now: datetime
) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Holdings:
    """`export` gives one page of what belongs to a citizen; `erase` removes it and counts what went, by kind.

    A service that says nothing holds nothing. `erase` is called twice, and must stand more.
    """

    export: Callable[[AsyncSession, Runtime, str, str | None], Awaitable[HeldPage]] = _nothing_held
    erase: Callable[[AsyncSession, Runtime, str, datetime], Awaitable[Mapping[str, int]]] = _nothing_to_erase


def router(holdings: Holdings) -> CityRouter:
    """The route of one service; the gateway itself asks, never anybody through it."""
    made = CityRouter()

    @made.get(
        "/internal/citizens/{citizen_id}/export",
        include_in_schema=False,
        openapi_extra=x_city(deadline_ms=10_000),
    )
    async def export(
        session: Db,
        run: Run,
        citizen_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")],
        caller: Annotated[Caller, Allow(System)],
        after: Annotated[str | None, Query(max_length=100)] = None,
    ) -> HeldPage:
        return await holdings.export(session, run, citizen_id, after)

    return made


def subscription(holdings: Holdings) -> Subscription:
    """Hears that an account was erased."""
    return Subscription("erasure", ("GATEWAY",), (CitizenErasedV1.name,), partial(_erase_now, holdings))


def timers(holdings: Holdings) -> dict[str, Handler]:
    """Looks once more for what was under way when it was erased."""
    return {_AGAIN: partial(_erase_again, holdings)}


async def _erase_now(
    holdings: Holdings, session: AsyncSession, run: Runtime, event: Envelope, now: datetime
) -> None:
    citizen_id = CitizenErasedV1.model_validate(event.data).citizen_id
    await _erase(holdings, run, session, citizen_id, event.subject, now, final=False)
    await schedule(session, _AGAIN, f"{citizen_id}/{event.subject}", now + LATE)


async def _erase_again(
    holdings: Holdings, session: AsyncSession, run: Runtime, entity_id: str, now: datetime
) -> None:
    citizen_id, _, erasure_id = entity_id.partition("/")
    await _erase(holdings, run, session, citizen_id, erasure_id, now, final=True)


async def _erase(
    holdings: Holdings,
    run: Runtime,
    session: AsyncSession,
    citizen_id: str,
    erasure_id: str,
    now: datetime,
    *,
    final: bool,
) -> None:
    """Kept answers may repeat what she wrote; they are the plumbing's, in every service."""
    counts = dict(await holdings.erase(session, run, citizen_id, now))
    kept = delete(idempotency).where(idempotency.c.caller == f"citizen:{citizen_id}")
    counts["kept_answers"] = len((await session.execute(kept.returning(idempotency.c.key))).all())
    done = CitizenErasureDoneV1(erased={k: n for k, n in counts.items() if n}, final=final)
    await emit(session, done, entity_id=erasure_id, entity_version=1 + final, now=now)
