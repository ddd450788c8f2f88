"""What travels over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from gateway.desk.schemas import never_null
from gateway.provided.schemas import LineIn
from gateway.providers.rules import CODE, Scope, State
from shared.schemas import Day, Filled, In, Moment, Out

Code = Annotated[str, StringConstraints(pattern=CODE, min_length=3, max_length=40)]
_Number = Annotated[Filled, Field(max_length=100)]
_Basis = Annotated[Filled, Field(max_length=300)]
_Scopes = Annotated[list[Scope], Field(min_length=1, max_length=4)]
_Documents = Annotated[int, Field(ge=0, le=10_000, strict=True)]
_Statuses = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class AgreementIn(In):
    """On what it joins: without an agreement there is no provider, and with it everything ends."""

    number: _Number
    legal_basis: _Basis
    ends_on: Day = Field(description="The last day, which counts as a whole")


class ProviderIn(In):
    """A new provider; `agency` is the city's agency that owns it."""

    code: Code
    name: LineIn
    agency: Annotated[Filled, Field(max_length=60)]
    agreement: AgreementIn
    scopes: _Scopes
    rate_per_second: Annotated[float, Field(gt=0, le=200, strict=True)] = 20
    burst: Annotated[int, Field(ge=1, le=2_000, strict=True)] = 100
    documents_limit: _Documents = 1_000
    statuses_per_day: _Statuses = 20_000


class ProviderChangeIn(In):
    """What is to be different; whatever is left out stays. Key and limits of requests are its client's."""

    model_config = ConfigDict(
        json_schema_extra=never_null(
            "name", "agency", "agreement", "scopes", "documents_limit", "statuses_per_day"
        )
    )

    name: LineIn | None = None
    agency: Annotated[Filled, Field(max_length=60)] | None = None
    agreement: AgreementIn | None = None
    scopes: _Scopes | None = None
    documents_limit: _Documents | None = None
    statuses_per_day: _Statuses | None = None


class SuspendIn(In):
    """Why; the provider is told."""

    reason: Annotated[Filled, Field(max_length=300)]


class SecretRotationIn(In):
    """How long the secret before stays good."""

    overlap_hours: Annotated[int, Field(ge=0, le=168, strict=True)] = 24


class AgreementOut(Out):
    number: str
    legal_basis: str
    ends_on: Day


class ProviderOut(Out):
    """A provider as administrators see it; `client` has its key and its limits."""

    code: str
    name: Mapping[str, Any]
    agency: str
    agreement: AgreementOut
    scopes: Sequence[Scope]
    client: str
    documents_limit: int
    statuses_per_day: int
    state: State
    suspended_reason: str | None
    created_at: Moment
    version: int


class ProviderMadeOut(ProviderOut):
    """With what it signs and calls with, shown this once."""

    key: str
    signing_secret: str


class SecretOut(Out):
    """The new signing secret, shown this once."""

    signing_secret: str
    old_until: Moment
