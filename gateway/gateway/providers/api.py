"""HTTP of this slice: for administrators."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query, Request, Response

from gateway.answers import never_stored
from gateway.providers import rules, usecases
from gateway.providers.models import Provider
from gateway.providers.rules import CODE, State
from gateway.providers.schemas import (
    AgreementOut,
    ProviderChangeIn,
    ProviderIn,
    ProviderMadeOut,
    ProviderOut,
    SecretOut,
    SecretRotationIn,
    SuspendIn,
)
from shared import paging
from shared.auth import Allow, Caller, Staff
from shared.db import Db
from shared.replies import IfMatch, reply
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime
from shared.schemas import Page

router = CityRouter(prefix="/v1/admin/providers", tags=["providers"], dependencies=[never_stored])
Admin = Annotated[Caller, Allow(Staff("admin"))]
Which = Annotated[str, Path(pattern=CODE, max_length=40, description="The provider's code")]


@router.get("")
async def list_providers(
    session: Db,
    run: Run,
    caller: Admin,
    state: Annotated[State | None, Query(description="ended: its agreement is over")] = None,
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Page[ProviderOut]:
    """All providers, by code."""
    filters = {"providers": state}
    after = paging.word(paging.decode(cursor, filters, 1)[0]) if cursor else None
    rows = await usecases.page(session, state, after, limit + 1, now=run.clock.now())
    following = paging.encode([rows[limit - 1].code], filters) if len(rows) > limit else None
    return Page(items=[_out(row, run) for row in rows[:limit]], next=following)


@router.post(
    "",
    response_model=ProviderMadeOut,
    status_code=201,
    openapi_extra=x_city(idempotency="required"),
    responses={409: {}},
)
async def register(request: Request, session: Db, run: Run, body: ProviderIn, caller: Admin) -> Response:
    """A system of the city joins; its key and its signing secret are shown in this answer alone."""
    made = await usecases.register(session, run, body, caller.person, now=run.clock.now())
    shown = _out(made.provider, run).model_dump()
    answer = ProviderMadeOut(**shown, key=made.key, signing_secret=made.secret)
    location = f"/v1/admin/providers/{made.provider.code}"
    return reply(request, answer, version=made.provider.version, status=201, location=location)


@router.get("/{code}", response_model=ProviderOut)
async def read(request: Request, code: Which, session: Db, run: Run, caller: Admin) -> Response:
    """One provider, with the ETag that changing it takes."""
    provider = await usecases.read(session, code)
    return reply(request, _out(provider, run), version=provider.version)


@router.patch("/{code}", response_model=ProviderOut)
async def change(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: ProviderChangeIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """Changes owner, agreement, scopes, hosts or limits; holds on all workers within a second."""
    now = run.clock.now()
    provider = await usecases.change(session, run, code, body, if_match, caller.person, now=now)
    return reply(request, _out(provider, run), version=provider.version)


@router.post("/{code}/suspend", response_model=ProviderOut)
async def suspend(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: SuspendIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """Its menus, section, documents and statuses vanish within a second; it is told the reason."""
    now = run.clock.now()
    provider = await usecases.suspend(session, code, body, if_match, caller.person, now=now)
    return reply(request, _out(provider, run), version=provider.version)


@router.post("/{code}/resume", response_model=ProviderOut, responses={409: {}})
async def resume(
    request: Request, code: Which, session: Db, run: Run, caller: Admin, if_match: IfMatch = None
) -> Response:
    """Everything of it comes back."""
    provider = await usecases.resume(session, code, if_match, caller.person, now=run.clock.now())
    return reply(request, _out(provider, run), version=provider.version)


@router.post("/{code}/rotate-secret", response_model=SecretOut, openapi_extra=x_city(idempotency="required"))
async def rotate_secret(
    request: Request,
    code: Which,
    session: Db,
    run: Run,
    body: SecretRotationIn,
    caller: Admin,
    if_match: IfMatch = None,
) -> Response:
    """A new signing secret, shown in this answer alone; the key is its client's."""
    now, overlap = run.clock.now(), timedelta(hours=body.overlap_hours)
    secret = await usecases.rotate_secret(session, run, code, overlap, if_match, caller.person, now=now)
    until = (now + overlap).astimezone(run.city.zone)
    return reply(request, SecretOut(signing_secret=secret, old_until=until))


def _out(provider: Provider, run: Runtime) -> ProviderOut:
    names = ["code", "name", "agency", "scopes", "hosts", "documents_limit", "statuses_per_day"]
    names += ["suspended_for", "suspended_reason", "version"]
    agreement = AgreementOut(
        number=provider.agreement_number, legal_basis=provider.legal_basis, ends_on=provider.ends_on
    )
    return ProviderOut(
        **{name: getattr(provider, name) for name in names},
        agreement=agreement,
        client=rules.client_code(provider.code),
        state=provider.state(run.clock.now()),
        created_at=provider.created_at.astimezone(run.city.zone),
    )
