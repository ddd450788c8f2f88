"""What administrators do with providers, and who a provider is when it speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audits import usecases as audits
from gateway.clients import usecases as clients
from gateway.providers import queries, rules
from gateway.providers.models import Provider
from gateway.providers.rules import Scope, State
from gateway.providers.schemas import ProviderChangeIn, ProviderIn, SuspendIn
from gateway.services.client import Services
from shared.auth import Caller
from shared.contracts.city import TagsPurgedV1
from shared.contracts.gateway import ProviderChangedV1
from shared.errors import Conflict, FieldError, Forbidden, NotFound, Unauthenticated, Unprocessable
from shared.events.outbox import emit
from shared.replies import refuse_stale
from shared.runtime import Runtime
from shared.timers import schedule

END = "provider_end"
_TAGS = ("home", "menus")
#: What audits tell of a provider, and of what only that it is the same or not.
_TOLD = (
    "name", "agency", "agreement_number", "scopes", "hosts", "documents_limit", "statuses_per_day",
    "suspended_at", "suspended_for",
)  # fmt: skip
_UNTOLD = ("legal_basis", "suspended_reason")


class ProviderExists(Conflict):
    code = "provider_exists"


class ProviderEnded(Conflict):
    code = "provider_ended"


class ProviderSuspended(Forbidden):
    code = "provider_suspended"


class AgreementEnded(Forbidden):
    code = "agreement_ended"


class ScopeMissing(Forbidden):
    code = "provider_scope_missing"


class SignatureBad(Unauthenticated):
    code = "signature_bad"


@dataclass(frozen=True, slots=True)
class Made:
    """A new provider, and what it is told this once."""

    provider: Provider
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A message as it came, with the three headers of Standard Webhooks."""

    body: bytes
    message: str
    sent_at: str
    signatures: str


async def register(
    session: AsyncSession, run: Runtime, sent: ProviderIn, actor: str, *, now: datetime
) -> Made:
    """A new provider, with a key and a signing secret. 409 `provider_exists`, 422."""
    _refuse_facts(run, sent.agency, rules.end_of(sent.agreement.ends_on, run.city.zone), now)
    if sent.code in {*run.part(Services).names, run.name}:
        raise Unprocessable(errors=[FieldError("code", "reserved")])
    if await queries.by_code(session, sent.code) is not None:
        raise ProviderExists
    secret = rules.new_secret()
    provider = Provider(code=sent.code, created_at=now, version=1, told=0)
    _take(provider, run, sent)
    provider.take_secret(secret, run.cipher)
    session.add(provider)
    key = await _new_key(session, sent, actor, now)
    facts = audits.difference(None, _state(provider))
    await _changed(session, provider, actor, "provider_registered", facts, now)
    return Made(provider, key, secret)


async def change(
    session: AsyncSession,
    run: Runtime,
    code: str,
    sent: ProviderChangeIn,
    if_match: str | None,
    actor: str,
    *,
    now: datetime,
) -> Provider:
    """What is sent is so from now on; an agreement that goes on brings everything back. 404, 412, 422."""
    nothing = [name for name in sent.model_fields_set if getattr(sent, name) is None]
    if nothing:
        raise Unprocessable(errors=[FieldError(name, "missing") for name in nothing])
    provider = await _locked(session, code, if_match)
    ends_at = rules.end_of(sent.agreement.ends_on, run.city.zone) if sent.agreement else None
    _refuse_facts(run, sent.agency or provider.agency, ends_at, now)
    before = _state(provider)
    _take(provider, run, sent)
    facts = audits.difference(before, _state(provider))
    await _changed(session, provider, actor, "provider_changed", facts, now)
    return provider


async def suspend(
    session: AsyncSession, code: str, sent: SuspendIn, if_match: str | None, actor: str, *, now: datetime
) -> Provider:
    """Everything of it vanishes within a second, and it may say nothing. 404, 412."""
    provider = await _locked(session, code, if_match)
    before = _state(provider)
    provider.suspended_at = provider.suspended_at or now
    provider.suspended_for, provider.suspended_reason = sent.cause, sent.reason
    facts = audits.difference(before, _state(provider))
    await _changed(session, provider, actor, "provider_suspended", facts, now)
    return provider


async def resume(
    session: AsyncSession, code: str, if_match: str | None, actor: str, *, now: datetime
) -> Provider:
    """Everything of it is back. 404, 412; 409 `provider_ended`: that takes another agreement."""
    provider = await _locked(session, code, if_match)
    if provider.state(now) == "ended":
        raise ProviderEnded
    before = _state(provider)
    provider.suspended_at = provider.suspended_for = provider.suspended_reason = None
    facts = audits.difference(before, _state(provider))
    await _changed(session, provider, actor, "provider_resumed", facts, now)
    return provider


async def rotate_secret(
    session: AsyncSession,
    run: Runtime,
    code: str,
    overlap: timedelta,
    if_match: str | None,
    actor: str,
    *,
    now: datetime,
) -> str:
    """A new signing secret; the one before stays good for `overlap`. 404, 412."""
    provider = await _locked(session, code, if_match)
    secret = rules.new_secret()
    provider.take_secret(secret, run.cipher, now + overlap)
    hours = int(overlap.total_seconds() // 3_600)
    await _changed(session, provider, actor, "provider_secret_rotated", {"overlap_hours": hours}, now)
    return secret


async def read(session: AsyncSession, code: str) -> Provider:
    """404 if there is none."""
    provider = await queries.by_code(session, code)
    if provider is None:
        raise NotFound
    return provider


async def read_locked(session: AsyncSession, code: str) -> Provider | None:
    """The provider under its lock, for whoever is going to tell of it."""
    return await queries.by_code(session, code, lock=True)


async def page(
    session: AsyncSession, only: State | None, after: str | None, limit: int, *, now: datetime
) -> Sequence[Provider]:
    """By code, those behind `after`."""
    return await queries.page(session, only, now, after, limit)


async def known(session: AsyncSession, caller: Caller, *, lock: bool = False) -> Provider:
    """The provider that calls, whether it may do anything now or not."""
    provider = await queries.by_code(session, caller.person, lock=lock)
    if provider is None:
        raise Forbidden
    return provider


async def speaking(
    session: AsyncSession, caller: Caller, *scopes: Scope, now: datetime, lock: bool = False
) -> Provider:
    """The provider that calls, if it may do all of this now.

    403 `provider_suspended`, `agreement_ended`, `provider_scope_missing`: it is told which.
    """
    provider = await known(session, caller, lock=lock)
    state = provider.state(now)
    if state != "active":
        raise AgreementEnded if state == "ended" else ProviderSuspended(reason=provider.suspended_reason)
    for scope in scopes:
        if scope not in provider.scopes:
            raise ScopeMissing(scope=scope)
    return provider


def refuse_unsigned(provider: Provider, run: Runtime, signed: Signed, *, now: datetime) -> None:
    """401 `signature_bad`, whatever is wrong with it."""
    keys = provider.secrets(run.cipher, now)
    said = {"message": signed.message, "sent_at": signed.sent_at, "signatures": signed.signatures}
    if not rules.is_signed(signed.body, **said, keys=keys, now=now):
        raise SignatureBad


async def tell(session: AsyncSession, provider: Provider, *, now: datetime) -> None:
    """All workers read it again; what shows it is made anew. Under the provider's lock."""
    provider.told += 1
    events = ProviderChangedV1(provider=provider.code), TagsPurgedV1(tags=_TAGS)
    await emit(session, *events, entity_id=provider.code, entity_version=provider.told, now=now)


async def end(session: AsyncSession, run: Runtime, code: str, now: datetime) -> None:
    """The last day of its agreement is over."""
    provider = await queries.by_code(session, code, lock=True)
    if provider is not None and provider.state(now) == "ended":
        await tell(session, provider, now=now)


async def _locked(session: AsyncSession, code: str, if_match: str | None) -> Provider:
    provider = await queries.by_code(session, code, lock=True)
    if provider is None:
        raise NotFound
    refuse_stale(if_match, provider.version)
    provider.version += 1
    return provider


async def _changed(
    session: AsyncSession, provider: Provider, actor: str, action: str, facts: dict[str, Any], now: datetime
) -> None:
    await audits.record(session, actor, action, f"provider:{provider.code}", facts, now=now)
    await schedule(session, END, provider.code, provider.ends_at)
    await tell(session, provider, now=now)


async def _new_key(session: AsyncSession, sent: ProviderIn, actor: str, now: datetime) -> str:
    more: dict[str, Any] = {"owner": sent.agency, "scopes": sorted(set(sent.scopes))}
    more |= {"rate_per_second": sent.rate_per_second, "burst": sent.burst}
    code, name = rules.client_code(sent.code), sent.name.id
    return await clients.register(
        session, code=code, name=name, kind="provider", actor=actor, now=now, **more
    )


def _take(provider: Provider, run: Runtime, sent: ProviderIn | ProviderChangeIn) -> None:
    given = sent.model_dump(exclude_none=True)
    if sent.agreement is not None:
        agreement = sent.agreement
        provider.agreement_number, provider.legal_basis = agreement.number, agreement.legal_basis
        provider.ends_on, provider.ends_at = agreement.ends_on, rules.end_of(agreement.ends_on, run.city.zone)
    if sent.scopes is not None:
        provider.scopes = sorted(set(sent.scopes))
    if sent.hosts is not None:
        provider.hosts = sorted(set(sent.hosts))
    for name in ("name", "agency", "documents_limit", "statuses_per_day"):
        if name in given:
            setattr(provider, name, given[name])


def _state(provider: Provider) -> dict[str, Any]:
    """What the audit tells of it: of sentences that are nobody else's business the digest."""
    state = {name: getattr(provider, name) for name in _TOLD} | {"ends_on": provider.ends_on.isoformat()}
    return state | {name: audits.digest(getattr(provider, name)) for name in _UNTOLD}


def _refuse_facts(run: Runtime, agency: str, ends_at: datetime | None, now: datetime) -> None:
    """422 for an agency the city has not, or an agreement that is over already."""
    wrong = [FieldError("agency", "unknown")] if agency not in run.city.agencies else []
    if ends_at is not None and ends_at <= now:
        wrong.append(FieldError("agreement.ends_on", "in_the_past"))
    if wrong:
        raise Unprocessable(errors=wrong)
