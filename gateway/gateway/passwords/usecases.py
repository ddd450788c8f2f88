"""Staff sign in; the same answer and the same time for an unknown name, a wrong password and a wrong code."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import usecases as accounts
from gateway.accounts.usecases import TokenKeys, Tokens
from gateway.audits import usecases as audits
from gateway.passwords import rules
from gateway.passwords.client import Passwords
from gateway.passwords.models import Attempt, Credential
from gateway.passwords.schemas import StaffIn
from gateway.people import usecases as people
from gateway.vault import Vault
from shared.auth import Caller
from shared.db import Database
from shared.errors import Unauthenticated
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

_NOBODYS = "A" * 32  # checked in place of a secret that is not there, for the time it takes


class SignInFailed(Unauthenticated):
    code = "sign_in_failed"


async def sign_in(
    session: AsyncSession,
    database: Database,
    given: StaffIn,
    client: str | None,
    *,
    both_factors: bool,
    passwords: Passwords,
    keys: TokenKeys,
    now: datetime,
) -> Tokens:
    """Signs staff in; SignInFailed or, after five failed tries in a row, SignInPaused.

    `both_factors` refuses accounts without a TOTP secret (outside development). No connection is held while
    argon2 works: the try is counted, and what to check is read, in a transaction of its own before it.
    """
    name = normalised(given.username)
    name_hash = keys.vault.hash("username", name)
    credential = await _count_try(database, name, name_hash, now)
    right = await passwords.fits(given.password, credential.password if credential else None)
    step = rules.step_of(_secret(credential, keys.vault), given.totp or "", now)
    person = await _admit(session, credential, step, both_factors) if right else None
    if person is None:
        raise SignInFailed
    await session.execute(delete(Attempt).where(Attempt.username_hash == name_hash))
    return await accounts.begin_session(session, person, client, keys=keys, now=now)


async def give(
    session: AsyncSession,
    staff_id: UUID,
    *,
    username: str,
    password_hash: str,
    totp_secret: str | None,
    vault: Vault,
    now: datetime,
    actor: str = audits.COMMAND,
) -> None:
    """Gives a member of staff what she signs in with, audited; `password_hash` comes from Passwords.hash."""
    sealed = vault.seal(totp_secret, _totp(staff_id)) if totp_secret else None
    session.add(
        Credential(
            staff_id=staff_id,
            username=normalised(username),
            password=password_hash,
            totp=sealed,
            totp_step=0,
            changed_at=now,
        )
    )
    await session.flush()
    factors = {"second_factor": totp_secret is not None}
    await audits.record(session, actor, "staff_given_sign_in", f"staff:{staff_id}", factors, now=now)


async def usernames(session: AsyncSession) -> set[str]:
    """Every user name that is taken."""
    return set(await session.scalars(select(Credential.username)))


def normalised(username: str) -> str:
    """User names are the same in capitals."""
    return username.strip().casefold()


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes tries of which nothing follows any more; answers how many."""
    old = (
        select(Attempt.username_hash).where(Attempt.last_at < now - rules.FORGOTTEN).limit(FORGOTTEN_AT_ONCE)
    )
    gone = delete(Attempt).where(Attempt.username_hash.in_(old)).returning(Attempt.username_hash)
    return len((await session.execute(gone)).all())


def equip(run: Runtime) -> None:
    """The threads that check passwords."""
    passwords = Passwords()
    run.parts[Passwords] = passwords
    run.closers.append(passwords.close)


async def _count_try(database: Database, name: str, name_hash: bytes, now: datetime) -> Credential | None:
    first = insert(Attempt).values(username_hash=name_hash, tries=0, last_at=now)
    locked = first.on_conflict_do_update(
        index_elements=["username_hash"], set_={"username_hash": first.excluded.username_hash}
    )  # an update that changes nothing: it locks the row, also when a success is deleting it just now
    async with database.transaction() as session:
        attempt = (await session.scalars(locked.returning(Attempt))).one()
        attempt.count(now)
        return await session.scalar(select(Credential).where(Credential.username == name))


async def _admit(
    session: AsyncSession, credential: Credential | None, step: int | None, both_factors: bool
) -> Caller | None:
    """The person, if the second factor is good and the account is not disabled."""
    if credential is None:
        return None
    if credential.totp is None:
        good = not both_factors  # whatever `step` says: it was worked out from nobody's secret
    else:
        good = step is not None and await _spend(session, credential, step)
    if not good:
        return None
    return await people.present(session, "staff", credential.staff_id)


async def _spend(session: AsyncSession, credential: Credential, step: int) -> bool:
    """Uses a step up, so that nobody who saw its code can use it again; False if it was."""
    unused = update(Credential).where(Credential.staff_id == credential.staff_id, Credential.totp_step < step)
    return await session.scalar(unused.values(totp_step=step).returning(Credential.staff_id)) is not None


def _secret(credential: Credential | None, vault: Vault) -> str:
    if credential is None or credential.totp is None:
        return _NOBODYS
    return vault.open(credential.totp, _totp(credential.staff_id))


def _totp(staff_id: UUID) -> str:
    return f"credentials.totp.{staff_id}"
