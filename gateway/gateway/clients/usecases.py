"""What an administrator does with front ends: register, change, rotate the key, disable; each is audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from gateway.clients import rules
from gateway.clients.models import Client
from gateway.clients.rules import OVERLAP
from shared.contracts.gateway import ClientChangedV1
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime

#: What is registered, and changes later by `change`; the rest has use cases of its own.
CHANGEABLE = (
    "name", "type", "platform", "owner", "contact_office", "origins", "rate_per_second", "burst", "scopes",
    "notes",
)  # fmt: skip
#: Free words of administrators: the audit has their digest.
_UNTOLD = ("name", "contact_office", "notes")
_LIMITS = {"rate_per_second": 500.0, "burst": 1_000}


class ClientExists(Conflict):
    code = "client_exists"


class NoOldKey(Conflict):
    code = "client_no_old_key"


class Rotated(NamedTuple):
    """The new key; until when the one before is good; whether one older still had to end for it."""

    key: str
    client: Client
    ended_oldest: bool


async def register(
    session: AsyncSession,
    *,
    code: str,
    name: str,
    now: datetime,
    kind: str = "front_end",
    key: str | None = None,
    actor: str = audits.COMMAND,
    **more: Any,
) -> str:
    """Adds a front end, partner or provider and answers its key, which is shown this once.

    `key` is given by a demo city alone; `more` are fields of `CHANGEABLE`. 409 `client_exists`; ValueError
    for an origin that is none.
    """
    key = key or rules.new_key()
    values = {"key_hash": rules.key_hash(key.encode()), **more}
    client = await _add(session, code, name, kind, values, now)
    facts = {"kind": kind, **audits.difference(None, _state(client))}
    await _changed(session, client, actor, "client_registered", facts, now)
    return key


async def plant(session: AsyncSession, code: str, name: str, kind: str, now: datetime, **more: Any) -> None:
    """Adds one that the city pack names: it has no key, and nobody can use it, until it is given one."""
    client = await _add(session, code, name, kind, more, now)
    facts = {"kind": kind, **audits.difference(None, _state(client))}
    await _changed(session, client, audits.COMMAND, "client_planted", facts, now)


async def read(session: AsyncSession, code: str) -> Client:
    """One of them. 404."""
    client = await session.get(Client, code)
    if client is None:
        raise NotFound
    return client


async def change(
    session: AsyncSession,
    code: str,
    values: Mapping[str, Any],
    *,
    if_match: str | None = None,
    actor: str,
    now: datetime,
) -> Client:
    """Sets fields of `CHANGEABLE`; every worker goes by them within a second. 404, 412, ValueError."""
    client = await _locked(session, code, if_match)
    before = _state(client)
    if client.change(_checked(values)):
        facts = audits.difference(before, _state(client))
        await _changed(session, client, actor, "client_changed", facts, now)
    return client


async def rotate(
    session: AsyncSession,
    *,
    code: str,
    now: datetime,
    overlap: timedelta = OVERLAP,
    if_match: str | None = None,
    actor: str = audits.COMMAND,
) -> Rotated:
    """A new key; the old one stays good for `overlap`, so that installed apps go on working. 404, 412.

    Two keys are good at most: rotating again within the overlap ends the oldest. No overlap (a leaked key)
    ends the old one at once.
    """
    client = await _locked(session, code, if_match)
    key = rules.new_key()
    ended = client.rotate(rules.key_hash(key.encode()), now + overlap, now)
    facts = {"overlap_hours": int(overlap / timedelta(hours=1)), "ended_oldest": ended}
    await _changed(session, client, actor, "client_key_rotated", facts, now)
    return Rotated(key, client, ended)


async def end_old_key(
    session: AsyncSession, *, code: str, now: datetime, if_match: str | None = None, actor: str
) -> Client:
    """Ends the overlap of the last rotation now. 404, 409 `client_no_old_key`, 412."""
    client = await _locked(session, code, if_match)
    if not client.end_old_key():
        raise NoOldKey
    await _changed(session, client, actor, "client_old_key_ended", {}, now)
    return client


async def disable(
    session: AsyncSession,
    *,
    code: str,
    now: datetime,
    reason: str = "other",
    if_match: str | None = None,
    actor: str = audits.COMMAND,
) -> Client:
    """Ends all keys of the client on every worker within a second. 404, 412."""
    client = await _locked(session, code, if_match)
    if client.disable(now, reason):
        await _changed(session, client, actor, "client_disabled", {"reason": reason}, now)
    return client


async def enable(
    session: AsyncSession, *, code: str, now: datetime, if_match: str | None = None, actor: str
) -> Client:
    """The keys it had are good again, on every worker within a second. 404, 412."""
    client = await _locked(session, code, if_match)
    if client.enable():
        await _changed(session, client, actor, "client_enabled", {}, now)
    return client


def fitting(run: Runtime, values: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with origins as browsers send them and scopes each once.

    422 for an owner that is no agency of the city, or an origin that is none: http and this machine's own
    browser are for development.
    """
    owner, local = values.get("owner"), run.settings.environment != "production"
    if owner is not None and owner not in run.city.agencies:
        raise Unprocessable(errors=[FieldError("owner", "agency_unknown")])
    found = dict(values)
    if "origins" in values:
        found["origins"] = _origins(values["origins"], local=local)
    if "scopes" in values:
        found["scopes"] = list(dict.fromkeys(values["scopes"]))
    return found


def _origins(origins: Sequence[str], *, local: bool) -> list[str]:
    found, wrong = [], []
    for place, written in enumerate(origins):
        try:
            found.append(rules.origin(written, local=local))
        except ValueError:
            wrong.append(FieldError(f"origins.{place}", "origin"))
    if wrong:
        raise Unprocessable(errors=wrong)
    return list(dict.fromkeys(found))


async def _add(
    session: AsyncSession, code: str, name: str, kind: str, values: Mapping[str, Any], now: datetime
) -> Client:
    given = {"origins": [], "scopes": [], **_LIMITS, **values}
    given.setdefault("type", rules.type_of(given.get("platform"), given["origins"]))
    row = {**_checked(given), "code": code, "name": name, "kind": kind, "created_at": now, "version": 1}
    added = insert(Client).values(row).on_conflict_do_nothing(index_elements=["code"]).returning(Client)
    client = await session.scalar(added)
    if client is None:
        raise ClientExists
    return client


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: list(values[name]) for name in ("origins", "scopes") if name in values}
    if "origins" in lists:
        lists["origins"] = [rules.origin(each) for each in lists["origins"]]
    return {**values, **lists}


def _state(client: Client) -> dict[str, Any]:
    """What the audit tells of it."""
    state = {name: getattr(client, name) for name in CHANGEABLE}
    return state | {name: audits.digest(state[name]) for name in _UNTOLD}


async def _locked(session: AsyncSession, code: str, if_match: str | None) -> Client:
    client = await session.get(Client, code, with_for_update=True)
    if client is None:
        raise NotFound
    refuse_stale(if_match, client.version)
    return client


async def _changed(
    session: AsyncSession, client: Client, actor: str, action: str, facts: Mapping[str, Any], now: datetime
) -> None:
    await session.flush()
    await audits.record(session, actor, action, f"client:{client.code}", facts, now=now)
    event = ClientChangedV1(client=client.code)
    await emit(session, event, entity_id=client.code, entity_version=client.version, now=now)
