"""HTTP of staff sign-in."""

from typing import Annotated

from gateway.accounts.schemas import TokensOut
from gateway.accounts.usecases import TokenKeys
from gateway.answers import never_stored
from gateway.passwords import usecases
from gateway.passwords.client import Passwords
from gateway.passwords.schemas import StaffIn
from shared.auth import Allow, Anyone, Caller
from shared.db import Db
from shared.routes import CityRouter, x_city
from shared.runtime import Run

router = CityRouter(prefix="/v1/auth", tags=["accounts"], dependencies=[never_stored])


_SIGNING_IN = x_city(deadline_ms=5_000, bearer="ignored")


@router.post("/staff", openapi_extra=_SIGNING_IN, responses={401: {}, 429: {}})
async def sign_in(
    body: StaffIn, session: Db, run: Run, caller: Annotated[Caller, Allow(Anyone)]
) -> TokensOut:
    """Signs in with password and one-time code; each code works once."""
    tokens = await usecases.sign_in(
        session,
        run.database,
        body,
        caller.client,
        both_factors=run.settings.environment == "production",
        passwords=run.part(Passwords),
        keys=run.part(TokenKeys),
        now=run.clock.now(),
    )
    return TokensOut.model_validate(tokens)
