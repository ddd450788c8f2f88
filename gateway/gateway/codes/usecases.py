"""Asking for a code and signing in with it; nothing here depends on whether the phone has an account."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import usecases as accounts
from gateway.accounts.usecases import TokenKeys, Tokens
from gateway.codes import rules
from gateway.codes.models import Challenge
from gateway.edge.addresses import Addresses
from gateway.people import usecases as people
from gateway.senders.client import CodeSender, sender_for
from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.auth import Caller
from shared.db import Database
from shared.errors import FieldError, TooManyRequests, Unauthenticated, Unavailable, Unprocessable
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE


class CodeWrong(Unauthenticated):
    code = "code_wrong"


class CodeExpired(Unauthenticated):
    code = "code_expired"


class CodesNotSent(Unavailable):
    code = "codes_not_sent"


class CodeTooSoon(TooManyRequests):
    code = "code_too_soon"


class Issued(NamedTuple):
    """A challenge, and what the sender needs to know once it is committed."""

    challenge: Challenge
    phone: str
    code: str


class SignedIn(NamedTuple):
    """Who came in, and with what tokens."""

    tokens: Tokens
    citizen_id: UUID
    new: bool


async def request_code(
    session: AsyncSession,
    written: str,
    *,
    address: bytes,
    sender: CodeSender,
    vault: Vault,
    now: datetime,
) -> Issued:
    """Makes a code for a phone; Unprocessable if it is no mobile number, 429 with the wait if it is too soon.

    `address` is whom the edge limits by. The limits count codes that nobody has used: whoever signs in shows
    that the phone is hers, and residents of a whole district may share one carrier address.
    """
    if not sender.ready:
        raise CodesNotSent(retry_after=300)
    phone = rules.normalised(written)
    if phone is None:
        raise Unprocessable(errors=[FieldError("phone", "phone")])
    issued = _issue(phone, address, rules.new_code(sender.fixed), vault, now)
    known = vault.hashes("phone", phone), vault.hashes("address", address.hex())
    await _refuse_too_many(session, *known, sender.costs, now)
    session.add(issued.challenge)
    return issued


async def sign_in(
    session: AsyncSession,
    database: Database,
    challenge_id: UUID,
    code: str,
    *,
    client: str | None,
    keys: TokenKeys,
    now: datetime,
) -> SignedIn:
    """Signs in, making the account the first time; CodeWrong, or CodeExpired when no code can fit now."""
    challenge = await _count_try(database, challenge_id, now)
    if not challenge.fits(_code_hashes(keys.vault, challenge_id, code)):
        raise CodeWrong(left=challenge.left) if challenge.left else CodeExpired
    this = update(Challenge).where(Challenge.id == challenge_id, Challenge.used_at.is_(None))
    if await session.scalar(this.values(used_at=now).returning(Challenge.id)) is None:
        raise CodeExpired
    phone = keys.vault.open(challenge.phone, f"code_challenges.phone.{challenge_id}")
    citizen_id, new = await people.welcome(session, phone, keys.vault, now)
    person = Caller(kind="citizen", sub=str(citizen_id))
    tokens = await accounts.begin_session(session, person, client, keys=keys, now=now)
    return SignedIn(tokens, citizen_id, new)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes challenges that no limit counts any more (a day); answers how many."""
    old = select(Challenge.id).where(Challenge.created_at < now - rules.DAY).limit(FORGOTTEN_AT_ONCE)
    gone = await session.execute(delete(Challenge).where(Challenge.id.in_(old)).returning(Challenge.id))
    return len(gone.all())


async def forget_phone(session: AsyncSession, phone: str, vault: Vault, now: datetime) -> None:
    """Uses up the codes of a phone (E.164) and forgets it; its hash still counts against a day's limits.

    Otherwise whoever erases an account again and again would have codes sent without end.
    """
    hers = select(Challenge).where(Challenge.phone_hash.in_(vault.hashes("phone", phone)))
    for challenge in await session.scalars(hers.with_for_update()):
        challenge.used_at = challenge.used_at or now
        challenge.phone = vault.seal("", f"code_challenges.phone.{challenge.id}")


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """The way codes leave; without one the process serves everything else and says `degraded`."""
    sender = sender_for(settings)
    run.parts |= {CodeSender: sender, Addresses: Addresses(settings.trusted_proxies)}
    run.degraded.append(lambda: [] if sender.ready else ["no carrier for sign-in codes"])


async def _count_try(database: Database, challenge_id: UUID, now: datetime) -> Challenge:
    """Takes a try before it is judged, in a transaction of its own, so that parallel guesses count."""
    async with database.transaction() as session:
        challenge = await session.get(Challenge, challenge_id, with_for_update=True)
        if challenge is None or not challenge.open(now):
            raise CodeExpired
        challenge.tries += 1
    return challenge


def _issue(phone: str, address: bytes, code: str, vault: Vault, now: datetime) -> Issued:
    row_id = new_id()
    challenge = Challenge(
        id=row_id,
        phone=vault.seal(phone, f"code_challenges.phone.{row_id}"),
        phone_hash=vault.hash("phone", phone),
        address_hash=vault.hash("address", address.hex()),
        code_hash=_code_hashes(vault, row_id, code)[0],
        tries=0,
        created_at=now,
        expires_at=now + rules.LIFETIME,
    )
    return Issued(challenge, phone, code)


async def _refuse_too_many(
    session: AsyncSession, phones: list[bytes], addresses: list[bytes], costs: bool, now: datetime
) -> None:
    """429 if a limit is reached; the locks make parallel requests wait for each other's count."""
    await people.lock_all(session, [*phones, *addresses])
    phone, address = Challenge.phone_hash.in_(phones), Challenge.address_hash.in_(addresses)
    unused = Challenge.used_at.is_(None)
    limits: list[tuple[ColumnElement[bool], int, timedelta]] = [
        (phone & unused, 1, rules.RESEND),
        (phone & unused, rules.UNUSED_PER_PHONE, rules.HOUR),
        (address & unused, rules.UNUSED_PER_ADDRESS, rules.HOUR),
    ]
    if costs:
        limits.append((phone, rules.SENT_PER_PHONE, rules.DAY))
    wait = timedelta()
    for which, most, within in limits:
        recent = select(Challenge.created_at).where(which, Challenge.created_at > now - within)
        moments = (await session.scalars(recent.order_by(Challenge.created_at.desc()).limit(most))).all()
        wait = max(wait, rules.wait(moments, most, within, now))
    if wait:
        seconds = math.ceil(wait.total_seconds())
        raise CodeTooSoon(headers={"Retry-After": str(seconds)}, retry_after=seconds)


def _code_hashes(vault: Vault, challenge_id: UUID, code: str) -> list[bytes]:
    return vault.hashes("sign-in-code", f"{challenge_id}:{code}")
