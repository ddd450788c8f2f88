"""HTTP of signing in by phone."""

from typing import Annotated

from fastapi import BackgroundTasks, Request

from gateway.accounts.usecases import TokenKeys
from gateway.answers import never_stored
from gateway.codes import rules, usecases
from gateway.codes.schemas import ChallengeOut, CitizenOut, CodeIn, PhoneIn, SignedInOut
from gateway.codes.usecases import Issued
from gateway.edge.addresses import Addresses
from gateway.senders.client import CodeSender
from gateway.vault import Vault
from shared import log
from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run, Runtime

_log = log.get(__name__)
_SIGNING_IN = x_city(bearer="ignored")
router = CityRouter(prefix="/v1/auth/otp", tags=["accounts"], dependencies=[never_stored])


@router.post("", status_code=202, openapi_extra=_SIGNING_IN, responses={429: {}})
async def request_code(
    body: PhoneIn,
    request: Request,
    later: BackgroundTasks,
    session: Db,
    run: Run,
    caller: Annotated[Caller, Allow(Anyone)],
) -> ChallengeOut:
    """Sends a code; the same answer whether or not the phone has an account."""
    issued = await usecases.request_code(
        session,
        body.phone,
        address=_address(request, run),
        sender=run.part(CodeSender),
        vault=run.part(Vault),
        now=run.clock.now(),
    )
    later.add_task(_send, run.part(CodeSender), issued, request.scope["city"].language)
    return ChallengeOut(
        challenge_id=issued.challenge.id,
        expires_at=issued.challenge.expires_at.astimezone(run.city.zone),
        resend_after=int(rules.RESEND.total_seconds()),
    )


@router.post("/verify", openapi_extra=_SIGNING_IN, responses={401: {}})
async def sign_in(
    body: CodeIn, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> SignedInOut:
    """Signs in with the code; the first time makes the account."""
    done = await usecases.sign_in(
        session,
        run.database,
        body.challenge_id,
        body.code,
        client=caller.client,
        keys=run.part(TokenKeys),
        now=run.clock.now(),
    )
    return SignedInOut(**done.tokens._asdict(), citizen=CitizenOut(id=done.citizen_id, new=done.new))


async def _send(sender: CodeSender, issued: Issued, language: str) -> None:
    """After the answer has left: its time tells nothing of the carrier, and no connection waits for it."""
    try:
        await sender.send(issued.phone, issued.code, language)
    except Exception as error:  # noqa: BLE001 - whatever a carrier raises may quote the phone: only its kind is logged
        _log.error("code_not_sent", error=type(error).__name__)


def _address(request: Request, run: Runtime) -> bytes:
    peer = request.client.host if request.client else ""
    caller: bytes = run.part(Addresses).caller(peer, request.scope["headers"])
    return caller
