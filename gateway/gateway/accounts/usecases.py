"""Signed in: how a session begins, goes on with rotating tokens, and ends."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import rules
from gateway.accounts.models import Session
from gateway.accounts.rules import RefreshToken
from gateway.people import usecases as people
from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.auth import Caller, Signer, claims_of
from shared.contracts.gateway import SessionRevokedV1
from shared.db import Database
from shared.errors import Forbidden, NotFound, Unauthenticated
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

_KEPT = timedelta(days=1)


class SessionEnded(Unauthenticated):
    code = "session_ended"


class SignInAgain(Forbidden):
    code = "sign_in_again"


class Tokens(NamedTuple):
    """What a signed-in app holds: a JWS for so many seconds, and the means to get the next one."""

    access_token: str
    expires_in: int
    refresh_token: str


class TokenKeys(NamedTuple):
    """What tokens are made with."""

    signer: Signer
    vault: Vault


async def begin_session(
    session: AsyncSession, person: Caller, client: str | None, *, keys: TokenKeys, now: datetime
) -> Tokens:
    """Signs a person in on one app; beyond 100 live sessions the oldest end."""
    row_id = new_id()
    token = RefreshToken.fresh(row_id, keys.vault)
    session.add(
        Session(
            id=row_id,
            person_kind=person.kind,
            person_id=UUID(person.person),
            client=client,
            newest=token.digest,
            created_at=now,
            last_seen_at=now,
            expires_at=rules.session_end(person.kind, now, now),
        )
    )
    await session.flush()
    await _end_oldest(session, person, now)
    return _tokens(person, token, keys, now)


async def refresh(
    database: Database, text: str, client: str | None, *, keys: TokenKeys, now: datetime
) -> Tokens:
    """The next pair (rules tell which tokens are good); SessionEnded otherwise, and a copied token ends it.

    In a transaction of its own, because that refusal is kept.
    """
    async with database.transaction() as session:
        tokens = await _exchange(session, text, client, keys=keys, now=now)
    if tokens is None:
        raise SessionEnded
    return tokens


async def log_out(
    session: AsyncSession, caller: Caller, text: str | None, vault: Vault, now: datetime
) -> None:
    """Ends the session of a refresh token, good or old, else the caller's; Unauthenticated without either.

    A token that is not ours ends nothing and is no error (RFC 7009, 2.2).
    """
    token = RefreshToken.read(text) if text else None
    if token is not None and token.ours(vault):
        await end(session, token.session_id, now)
    elif text is None and caller.sid is None:
        raise Unauthenticated
    elif text is None and caller.sid is not None:
        await end(session, UUID(caller.sid), now)


async def end_own(session: AsyncSession, person: Caller, session_id: UUID, now: datetime) -> None:
    """Ends a session of the person; NotFound if it is not hers, nothing new if it has ended already."""
    owner = select(Session.id).where(
        Session.id == session_id,
        Session.person_kind == person.kind,
        Session.person_id == UUID(person.person),
    )
    if await session.scalar(owner) is None:
        raise NotFound
    await end(session, session_id, now)


async def refuse_unless_fresh(session: AsyncSession, person: Caller, now: datetime) -> None:
    """403 `sign_in_again` unless this session began within ten minutes; refreshing it does not count.

    For what a stolen token or an unlocked app must not do. 401 if the session has ended.
    """
    this = select(Session.created_at).where(
        Session.id == UUID(person.sid or ""), Session.revoked_at.is_(None)
    )
    began = await session.scalar(this)
    if began is None:
        raise SessionEnded
    if now - began > rules.FRESH:
        raise SignInAgain


async def forget_person(session: AsyncSession, person: Caller, now: datetime) -> int:
    """Ends all sessions of somebody, deletes those whose last token has run out; answers how many ended."""
    hers = (Session.person_kind == person.kind, Session.person_id == UUID(person.person))
    live = (await session.scalars(select(Session.id).where(*hers, Session.revoked_at.is_(None)))).all()
    for session_id in live:
        await end(session, session_id, now)
    over = now - timedelta(seconds=rules.ACCESS_SECONDS)
    await session.execute(delete(Session).where(*hers, Session.revoked_at < over))
    return len(live)


async def end(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """Ends a session, once, and tells every worker, so that its access tokens stop too."""
    this = update(Session).where(Session.id == session_id, Session.revoked_at.is_(None))
    ended = await session.scalar(this.values(revoked_at=now).returning(Session.id))
    if ended is not None:
        told = SessionRevokedV1(sid=str(session_id))
        await emit(session, told, entity_id=str(session_id), entity_version=2, now=now)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes sessions a day after they ended or ran out; answers how many."""
    limit = now - _KEPT
    old = (
        select(Session.id)
        .where(or_(Session.expires_at < limit, Session.revoked_at < limit))
        .limit(FORGOTTEN_AT_ONCE)
    )
    gone = await session.execute(delete(Session).where(Session.id.in_(old)).returning(Session.id))
    return len(gone.all())


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """What signing in rests on: the key that signs tokens, and the keys of personal data."""
    signer, vault = Signer(settings.identity_key), Vault.of(settings, run.cipher)
    run.parts |= {Signer: signer, Vault: vault, TokenKeys: TokenKeys(signer, vault)}


async def _exchange(
    session: AsyncSession, text: str, client: str | None, *, keys: TokenKeys, now: datetime
) -> Tokens | None:
    token = RefreshToken.read(text)
    held = await session.get(Session, token.session_id, with_for_update=True) if token else None
    if token is None or held is None or not held.live(now) or held.client != client:
        return None
    person = await people.present(session, held.person_kind, held.person_id)
    following = held.exchange(token, keys.vault, now) if person else None
    if person is None or following is None:
        if person is None or token.ours(keys.vault):
            await end(session, held.id, now)
        return None
    return _tokens(person, following, keys, now)


async def _end_oldest(session: AsyncSession, person: Caller, now: datetime) -> None:
    mine = select(Session.id).where(
        Session.person_kind == person.kind,
        Session.person_id == UUID(person.person),
        Session.revoked_at.is_(None),
    )
    for old in await session.scalars(mine.order_by(Session.id.desc()).offset(rules.MOST_SESSIONS).limit(10)):
        await end(session, old, now)


def _tokens(person: Caller, token: RefreshToken, keys: TokenKeys, now: datetime) -> Tokens:
    claims = {"aud": "gateway", **claims_of(person), "sid": str(token.session_id)}
    access = keys.signer.sign("access", claims, now, rules.ACCESS_SECONDS)
    return Tokens(access, rules.ACCESS_SECONDS, str(token))
