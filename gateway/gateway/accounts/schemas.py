"""Tokens and sessions over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas import Filled, In, Line, Moment, Out

RefreshText = Annotated[Filled, Field(max_length=200)]


class RefreshIn(In):
    """The refresh token of the last answer."""

    refresh_token: RefreshText


class LogoutIn(In):
    """Left out, the session of the access token ends."""

    refresh_token: RefreshText | None = None


class TokensOut(Out):
    """`expires_in`: seconds of the access token. The refresh token is good until its successor is used."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    refresh_token: str


class SessionOut(Out):
    """One signed-in app; `client` is the front end's code, `current` the one that asks."""

    id: UUID
    client: Line | None
    created_at: Moment
    last_seen_at: Moment
    expires_at: Moment
    current: bool
