"""What travels over HTTP. A key is in two answers: of registering and of rotating, and never again."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from gateway.clients.rules import (
    CODE,
    LONGEST_OVERLAP_HOURS,
    MOST_BURST,
    MOST_RATE,
    SCOPE,
    Kind,
    Platform,
    Reason,
    Type,
)
from gateway.desk.schemas import never_null
from gateway.usage.schemas import DayOut, SeenOut
from shared.schemas import Filled, In, Moment, Out, Page, Text

Code = Annotated[str, StringConstraints(pattern=CODE)]
Which = Annotated[str, Path(pattern=CODE, description="The front end's code")]
_Name = Annotated[Filled, Field(max_length=200)]
_Office = Annotated[Filled, Field(max_length=200, description="A desk, never a person")]
_Origins = Annotated[tuple[Annotated[Text, Field(max_length=300)], ...], Field(max_length=50)]
_Rate = Annotated[float, Field(gt=0, le=MOST_RATE, strict=True, description="Requests a second")]
_Burst = Annotated[int, Field(ge=1, le=MOST_BURST, strict=True, description="Requests at once")]
_Scopes = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=SCOPE)], ...],
    Field(max_length=50, description="What its agreement allows; operations for partners ask for them"),
]
_Notes = Annotated[Text, Field(max_length=2_000)]
#: Only what may be unknown can be set to null.
_ALWAYS = ("name", "type", "origins", "rate_per_second", "burst", "scopes")
_Agency = Annotated[Filled, Field(max_length=60, description="The agency of the city that answers for it")]


class ClientIn(In):
    """A new front end, partner or provider. `code` never changes; `notes` are for administrators.

    `type`: an app on phones, a site, or a system that calls by itself. `origins`: of a site, the addresses
    its browsers call from, such as https://example.go.id.
    """

    code: Code
    name: _Name
    kind: Kind = Field(default="front_end", description="Providers are registered at /v1/admin/providers")
    type: Type
    platform: Platform | None = None
    owner: _Agency | None = None
    contact_office: _Office | None = None
    origins: _Origins = ()
    rate_per_second: _Rate = 500
    burst: _Burst = 1_000
    scopes: _Scopes = ()
    notes: _Notes | None = None


class ClientChangeIn(In):
    """What is to be different; whatever is left out stays. Code and kind never change.

    `type`: mobile, web or system; `origins` and `scopes` replace those it had; `notes` are for
    administrators.
    """

    model_config = ConfigDict(json_schema_extra=never_null(*_ALWAYS))

    name: _Name | None = None
    type: Type | None = None
    platform: Platform | None = None
    owner: _Agency | None = None
    contact_office: _Office | None = None
    origins: _Origins | None = None
    rate_per_second: _Rate | None = None
    burst: _Burst | None = None
    scopes: _Scopes | None = None
    notes: _Notes | None = None

    @field_validator(*_ALWAYS)
    @classmethod
    def _not_removed(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("missing", "cannot be null")
        return value


class RotateIn(In):
    """`overlap_hours`: how long the old key stays good; 0 ends it at once (it leaked), 720 is the most."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS, strict=True)] = 168


class DisableIn(In):
    """Why; the word is kept in the audit."""

    reason: Reason


class ClientOut(Out):
    """As administrators see it. `live_keys`: 0, 1, or 2 while one key follows the other."""

    code: str = Field(description="Never changes")
    name: str
    kind: Kind = Field(description="front_end, partner or provider")
    type: Type = Field(description="mobile, web or system")
    platform: Platform | None = Field(description="Of a mobile app; null: none, or several")
    owner: str | None = Field(description="Code of the agency that answers for it")
    contact_office: str | None = Field(description="The desk to call, never a person")
    origins: Sequence[str] = Field(description="Sites whose browsers may read answers to its key")
    rate_per_second: float = Field(description="Requests a second, over all who use it")
    burst: int = Field(description="Requests at once, before the rate counts")
    scopes: Sequence[str] = Field(description="What its agreement allows")
    notes: str | None = Field(description="For administrators")
    created_at: Moment
    disabled_at: Moment | None = Field(description="Since when no key of it is known; null: it may call")
    disabled_for: str | None = Field(description="Why it was disabled: a word of the list")
    live_keys: int = Field(description="0, 1, or 2 while one key follows the other")
    old_key_until: Moment | None = Field(description="Until when the key before is good; null: there is none")
    last_used_at: Moment | None = Field(description="Within the last 400 days, some seconds late")


class ClientDetailOut(ClientOut):
    """With what it did in the last 30 days."""

    usage: Sequence[DayOut]
    seen: Sequence[SeenOut] = Field(description="Platforms and versions of these days")


class StatesOut(Out):
    """How many of the same filter, whatever their state."""

    active: int = Field(description="May call")
    disabled: int = Field(description="Switched off")
    no_key: int = Field(description="Never had a key")


class ClientsOut(Page[ClientOut]):
    """A page of the registry, by code."""

    counts: StatesOut = Field(description="Of the whole filter, not of this page")


class ClientKeyOut(ClientOut):
    """The key stands in this answer and nowhere else: it is kept as a hash, and cannot be shown again."""

    key: str


class RotatedOut(ClientKeyOut):
    """`ended_oldest`: a rotation was still under way, and the key before the last one ended now."""

    ended_oldest: bool = Field(
        description="A rotation was still under way, and the key before the last one ended now"
    )
