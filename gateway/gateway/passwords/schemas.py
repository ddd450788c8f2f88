"""Staff sign-in over HTTP."""

from typing import Annotated

from pydantic import Field

from shared.schemas import Filled, In


class StaffIn(In):
    """`totp`: the six digits the authenticator shows now; left out by accounts that have none."""

    username: Annotated[Filled, Field(max_length=100, examples=["demo.officer.dpupr"])]
    password: Annotated[Filled, Field(max_length=200)]
    totp: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
