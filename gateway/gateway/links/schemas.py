"""What travels over HTTP."""

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.provided.schemas import Kind, LineIn, Link, Name, SentenceIn
from gateway.providers.rules import State
from shared.schemas import Filled, In, Moment, Out

_State = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class RequestStatusIn(In):
    """How far something is that a resident asked a provider for; the higher `version` is the newer word.

    `subject`: her name at this provider; `kind`: one that the declaration names; `number`: its own, as on her
    receipt; `state` for machines, `state_label` and `next_step` for her; `due_at`: until when it is promised;
    `link` opens it; `closed`: nothing more will come.
    """

    subject: Annotated[Filled, Field(max_length=100)]
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
    """`number` and `version` as sent, and `taken`: false if this, or something newer, was known."""

    number: str
    version: int
    taken: bool


class ProviderLinkOut(Out):
    """A provider that tells residents how far their requests are; `link` is where it gets to know her.

    One that knows her and may tell nothing now (`suspended`, `ended`) is listed too, without a link: what it
    told is not shown meanwhile, and she can end it.
    """

    code: str = Field(description="Of the provider")
    name: str
    state: State = Field(description="active, suspended or ended (its agreement is over)")
    linked: bool = Field(description="Whether it knows me")
    linked_at: Moment | None = Field(description="Since when")
    link: str | None


class LinkedOut(Out):
    """My name at this provider: `subject`. Open `link` to tell it; behind a `#` it stays out of all logs."""

    subject: str
    link: str | None
