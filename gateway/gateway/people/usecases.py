"""How a person comes to be known, and what she may see and change of herself."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from gateway.people.models import Citizen, Staff
from gateway.vault import Vault
from shared.auth import Caller
from shared.errors import NotFound
from shared.ids import new_id


class Profile(NamedTuple):
    """What a person sees of herself, in plain text."""

    name: str | None
    phone: str | None


async def welcome(session: AsyncSession, phone: str, vault: Vault, now: datetime) -> tuple[UUID, bool]:
    """The resident with this phone (E.164), and whether she is new: two at once make one account."""
    hashes, row_id = vault.hashes("phone", phone), new_id()
    if len(hashes) > 1:  # workers may write under different keys just now: the unique index is not enough
        await lock_all(session, hashes)
    this = select(Citizen.id).where(Citizen.phone_hash.in_(hashes))
    known = await session.scalar(this)
    if known is not None:
        return known, False
    row = insert(Citizen).values(
        id=row_id,
        phone=vault.seal(phone, _phone(row_id)),
        phone_hash=hashes[0],
        phone_hash_key=vault.lookup.current,
        created_at=now,
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["phone_hash"]))
    known = (await session.scalars(this)).one()
    return known, known == row_id


async def lock_all(session: AsyncSession, hashes: Iterable[bytes]) -> None:
    """Whoever locks one of these waits until this transaction ends; always in the same order."""
    for number in sorted(int.from_bytes(each[:8], signed=True) for each in hashes):
        await session.execute(select(func.pg_advisory_xact_lock(number)))


async def enrol(
    session: AsyncSession,
    *,
    name: str,
    roles: tuple[str, ...],
    agency: str | None,
    vault: Vault,
    now: datetime,
    actor: str = audits.COMMAND,
) -> UUID:
    """Adds a member of staff, audited; how she signs in is told to the slice `passwords`."""
    row_id = new_id()
    sealed = vault.seal(name, f"staff.name.{row_id}")
    session.add(Staff(id=row_id, name=sealed, roles=list(roles), agency=agency, created_at=now))
    await session.flush()
    rights = {"roles": list(roles), "agency": agency}
    await audits.record(session, actor, "staff_enrolled", f"staff:{row_id}", rights, now=now)
    return row_id


async def present(session: AsyncSession, kind: str, person_id: UUID) -> Caller | None:
    """The person with the roles held at this moment; None if the account is gone or disabled."""
    if kind == "citizen":
        known = await session.scalar(select(Citizen.id).where(Citizen.id == person_id))
        return Caller(kind="citizen", sub=str(known)) if known else None
    staff = await session.get(Staff, person_id)
    if staff is None or staff.disabled_at is not None:
        return None
    return Caller(kind="staff", sub=str(staff.id), roles=frozenset(staff.roles), agency=staff.agency)


async def names(session: AsyncSession, ids: Iterable[str], vault: Vault) -> dict[str, str]:
    """Those of the ids that are members of staff, with their names; one query, none for no id of a person."""
    wanted = set()
    for each in ids:
        with suppress(ValueError):  # a word such as `command` names nobody
            wanted.add(UUID(each))
    if not wanted:
        return {}
    rows = await session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    return {str(row.id): vault.open(row.name, f"staff.name.{row.id}") for row in rows}


async def profile(session: AsyncSession, person: Caller, vault: Vault) -> Profile:
    """Name and phone of the caller herself; NotFound if the account is gone."""
    row_id = UUID(person.person)
    if person.kind == "staff":
        staff = await session.get(Staff, row_id)
        name = staff and vault.open(staff.name, f"staff.name.{row_id}")
        return Profile(name, None) if name else _gone()
    citizen = await session.get(Citizen, row_id)
    if citizen is None:
        return _gone()
    name = vault.open(citizen.name, _name(row_id)) if citizen.name else None
    return Profile(name, vault.open(citizen.phone, _phone(row_id)))


async def rename(session: AsyncSession, citizen_id: UUID, name: str | None, vault: Vault) -> None:
    """Sets, or with None removes, the name a resident goes by."""
    sealed = vault.seal(name, _name(citizen_id)) if name else None
    await session.execute(update(Citizen).where(Citizen.id == citizen_id).values(name=sealed))


async def leave(session: AsyncSession, citizen_id: UUID, vault: Vault) -> str:
    """Deletes the account, so that the phone is free; answers the phone (E.164). NotFound if it is gone."""
    gone = delete(Citizen).where(Citizen.id == citizen_id).returning(Citizen.phone)
    phone = await session.scalar(gone)
    if phone is None:
        raise NotFound
    return vault.open(phone, _phone(citizen_id))


def _phone(row_id: UUID) -> str:
    return f"citizens.phone.{row_id}"


def _name(row_id: UUID) -> str:
    return f"citizens.name.{row_id}"


def _gone() -> Profile:
    raise NotFound
