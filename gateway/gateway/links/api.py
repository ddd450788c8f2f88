"""HTTP of this slice: for residents, and for the providers they know."""

from typing import Annotated

from fastapi import Header, Path, Request

from gateway.answers import never_stored
from gateway.links import usecases
from gateway.links.schemas import LinkedOut, ProviderLinkOut, RequestStatusIn, TakenOut
from gateway.providers.rules import CODE
from gateway.providers.usecases import Signed
from shared import paging
from shared.auth import Allow, Caller, Citizen, Provider
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run
from shared.schemas import Page

router = CityRouter(tags=["providers"], dependencies=[never_stored])
Which = Annotated[str, Path(pattern=CODE, max_length=40, description="The provider's code")]
_Number = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$",
        max_length=64,
        description="The provider's own, the same as in the body",
    ),
]
_Message = Annotated[str, Header(alias="webhook-id", max_length=200, description="Unique to this message")]
_SentAt = Annotated[str, Header(alias="webhook-timestamp", max_length=20, description="Unix seconds")]
_Signature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        max_length=1_000,
        description="`v1,` and base64 of HMAC-SHA-256 over `<id>.<timestamp>.<body>` (standardwebhooks.com)",
    ),
]


@router.get("/v1/me/providers")
async def mine(
    request: Request,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Citizen)],
    limit: paging.Limit = 20,
    cursor: paging.CursorText = None,
) -> Page[ProviderLinkOut]:
    """The city's systems that can tell me how far my requests are, and which of them know me."""
    filters, language = {"providers_of": caller.person}, request.scope["city"].language
    after = paging.word(paging.decode(cursor, filters, 1)[0]) if cursor else None
    rows = await usecases.providers_for(session, caller, after, limit + 1, now=run.clock.now())
    items = [
        ProviderLinkOut(
            code=row.code,
            name=row.name.get(language) or row.name["id"],
            state=row.state,
            linked=row.linked_at is not None,
            linked_at=row.linked_at and row.linked_at.astimezone(run.city.zone),
            link=usecases.where(row),
        )
        for row in rows[:limit]
    ]
    following = paging.encode([rows[limit - 1].code], filters) if len(rows) > limit else None
    return Page(items=items, next=following)


@router.post("/v1/me/providers/{code}/link")
async def link(code: Which, session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> LinkedOut:
    """My name at this provider; asking again answers the same one."""
    subject, opens = await usecases.link(session, caller, code, now=run.clock.now())
    return LinkedOut(subject=subject, link=opens)


@router.delete("/v1/me/providers/{code}/link", status_code=204)
async def unlink(code: Which, session: Db, caller: Annotated[Caller, Allow(Citizen)]) -> None:
    """It knows me no longer; what it told of my requests leaves my list."""
    await usecases.unlink(session, caller, code)


@router.put(
    "/provider/v1/requests/{number}",
    responses={409: {}, 429: {}},
    openapi_extra=x_city(body_limit=131_072),
)
async def take_status(
    number: _Number,
    request: Request,
    session: Db,
    run: Run,
    body: RequestStatusIn,
    message: _Message,
    sent_at: _SentAt,
    signatures: _Signature,
    caller: Annotated[Caller, Allow(Provider())],
) -> TakenOut:
    """How far a resident's request is: signed, and safe to send again; the higher `version` wins."""
    signed = Signed(await request.body(), message, sent_at, signatures)
    now = run.clock.now()
    taken = await usecases.take_status(session, run, caller, number, body, signed, now=now)
    return TakenOut(number=number, version=body.version, taken=taken)
