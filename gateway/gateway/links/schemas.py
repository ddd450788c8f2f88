"""What travels over HTTP."""

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.provided.schemas import Kind, LineIn, Link, Name, SentenceIn
from shared.schemas import In, Moment, Out

_State = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class RequestStatusIn(In):
    """How far something is that a resident asked a provider for; the higher `version` is the newer word."""

    subject: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Kind
    number: Name
    title: LineIn | None = Field(default=None, description="Left out: the name of its kind")
    state: _State
    state_label: LineIn
    next_step: SentenceIn
    due_at: Moment | None = None
    link: Link
    closed: bool = Field(strict=True)
    version: Annotated[int, Field(ge=1, le=2**53, strict=True)]


class TakenOut(Out):
    """`taken`: false if this, or something newer, was known."""

    number: str
    version: int
    taken: bool


class ProviderLinkOut(Out):
    """A provider that tells residents how far their requests are; `link` is where it gets to know her."""

    code: str
    name: str
    linked: bool
    linked_at: Moment | None
    link: str | None


class LinkedOut(Out):
    """My name at this provider. Open `link` to tell it; behind a `#` it stays out of everybody's logs."""

    subject: str
    link: str | None
