"""HTTP of the signed-in person herself."""

from typing import Annotated
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.answers import never_stored
from gateway.people import usecases
from gateway.people.schemas import MeIn, MeOut
from gateway.vault import Vault
from shared.auth import Allow, Caller, Citizen, Staff
from shared.db import Db
from shared.routes import CityRouter
from shared.runtime import Run

router = CityRouter(prefix="/v1/me", tags=["accounts"], dependencies=[never_stored])


@router.get("", responses={404: {}})
async def read_me(session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen, Staff())]) -> MeOut:
    """Who is signed in."""
    return await _me(session, caller, run.part(Vault))


@router.patch("", responses={404: {}})
async def change_me(body: MeIn, session: Db, run: Run, caller: Annotated[Caller, Allow(Citizen)]) -> MeOut:
    """Sets the name the city calls you by."""
    await usecases.rename(session, UUID(caller.person), body.name, run.part(Vault))
    return await _me(session, caller, run.part(Vault))


async def _me(session: AsyncSession, caller: Caller, vault: Vault) -> MeOut:
    seen = await usecases.profile(session, caller, vault)
    return MeOut.model_validate(
        {"id": caller.sub, "kind": caller.kind, "roles": sorted(caller.roles), "agency": caller.agency}
        | seen._asdict()
    )
