"""Erasing an account: gone for its owner at once, then a clock until every service has answered."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import usecases as accounts
from gateway.codes import usecases as codes
from gateway.erasures import rules
from gateway.erasures.models import Erasure
from gateway.media import usecases as media
from gateway.people import usecases as people
from gateway.vault import Vault
from shared import log
from shared.auth import Caller
from shared.contracts.city import CitizenErasureDoneV1
from shared.contracts.gateway import CitizenErasedV1
from shared.errors import IdTaken, NotFound
from shared.events.outbox import emit
from shared.metrics import Metrics
from shared.runtime import Runtime
from shared.timers import cancel, schedule

REMIND = "erasure_reminds"
_log = log.get(__name__)


class Clocks:
    """How many erasures and exports wait, and how many are later than three days."""

    def __init__(self, metrics: Metrics) -> None:
        self._gauge = metrics.gauge("city_privacy_clocks", "Erasures and exports not done", "what", "state")
        self._late = 0

    def set(self, erasures: int, late_erasures: int, late_exports: int) -> None:
        """As last counted."""
        self._gauge.labels("erasure", "waiting").set(erasures)
        self._gauge.labels("erasure", "late").set(late_erasures)
        self._gauge.labels("export", "late").set(late_exports)
        self._late = late_erasures + late_exports

    def troubles(self) -> list[str]:
        """For health: what the law would already call late."""
        return [f"{self._late} privacy requests later than three days"] if self._late else []


async def erase_account(
    session: AsyncSession,
    person: Caller,
    erasure_id: UUID,
    services: Iterable[str],
    *,
    vault: Vault,
    now: datetime,
) -> Erasure:
    """Name, phone and sessions go in this transaction, so the phone is free; the services hear of it.

    403 `sign_in_again` unless this sign-in is fresh: a phone in foreign hands, or a browser left open, must
    not end an account. 404 if it is gone, 409 `id_taken` if another erasure has this id.
    """
    await accounts.refuse_unless_fresh(session, person, now)
    phone = await people.leave(session, UUID(person.person), vault)
    await codes.forget_phone(session, phone, vault, now)
    await accounts.forget_person(session, person, now)
    new = insert(Erasure).values(
        id=erasure_id,
        citizen_id=person.person,
        requested_at=now,
        due_at=now + rules.CLOCK,
        waiting=sorted({"gateway", *services}),
        erased={},
    )
    erasure: Erasure | None = await session.scalar(new.on_conflict_do_nothing().returning(Erasure))
    if erasure is None:
        raise IdTaken
    await _tell(session, erasure, 1, now)
    return erasure


async def answered(
    session: AsyncSession, erasure_id: str, service: str, said: CitizenErasureDoneV1, now: datetime
) -> None:
    """A service has erased what it held."""
    erasure = await session.get(Erasure, UUID(erasure_id), with_for_update=True)
    if erasure is None:
        _log.warning("erasure_unknown", service=service)
        return
    erasure.answered(service, said.erased, final=said.final, now=now)
    if erasure.done_at is not None:
        await cancel(session, REMIND, erasure_id)
        owner = Caller(kind="citizen", sub=erasure.citizen_id).scope
        await media.let_go(session, owner, now=now)


async def remind(session: AsyncSession, run: Runtime, erasure_id: str, now: datetime) -> None:
    """Once a day those who have not answered are told again; after three days it is late, and said so."""
    erasure = await session.get(Erasure, UUID(erasure_id), with_for_update=True)
    if erasure is None or erasure.done_at is not None:
        return
    if erasure.due_at <= now:
        _log.error("erasure_late", erasure=erasure_id, waiting=erasure.waiting)
    await _tell(session, erasure, 1 + (now - erasure.requested_at) // rules.REMIND, now)


async def state(session: AsyncSession, erasure_id: UUID) -> Erasure:
    """How far it is; NotFound if there is none."""
    erasure = await session.get(Erasure, erasure_id)
    if erasure is None:
        raise NotFound
    return erasure


async def erased_among(session: AsyncSession, citizen_ids: Collection[str]) -> set[str]:
    """Who of these has left: what is said of them later must not be kept."""
    return set(await session.scalars(select(Erasure.citizen_id).where(Erasure.citizen_id.in_(citizen_ids))))


def equip(run: Runtime) -> None:
    """The alarm of this worker."""
    clocks = Clocks(run.metrics)
    run.parts[Clocks] = clocks
    run.degraded.append(clocks.troubles)


async def _tell(session: AsyncSession, erasure: Erasure, version: int, now: datetime) -> None:
    said = CitizenErasedV1(citizen_id=erasure.citizen_id)
    await emit(session, said, entity_id=str(erasure.id), entity_version=version, now=now)
    await schedule(session, REMIND, str(erasure.id), now + rules.REMIND)
