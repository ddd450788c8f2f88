"""Signing in by phone, over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.accounts.schemas import TokensOut
from shared.schemas import In, Moment, Out, Text


class PhoneIn(In):
    """A mobile number as people write it; without a country code it is Indonesian."""

    phone: Annotated[Text, Field(min_length=5, max_length=32, examples=["0812 0000 0001"])]


class ChallengeOut(Out):
    """`resend_after`: seconds until another code may be asked for."""

    challenge_id: UUID
    expires_at: Moment
    resend_after: int


class CodeIn(In):
    """The code that was sent."""

    challenge_id: UUID
    code: Annotated[str, Field(pattern=r"^[0-9]{4,10}$", examples=["112233"])]


class CitizenOut(Out):
    """`new`: this sign-in made the account."""

    id: UUID
    new: bool


class SignedInOut(TokensOut):
    """Tokens, and whose they are."""

    citizen: CitizenOut
