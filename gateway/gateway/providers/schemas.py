"""What travels over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from gateway.desk.schemas import never_null
from gateway.fetching.rules import HOST
from gateway.provided.schemas import LineIn
from gateway.providers.rules import CODE, Cause, Scope, State
from shared.schemas import Day, Filled, In, Moment, Out

Code = Annotated[str, StringConstraints(pattern=CODE, min_length=3, max_length=40)]
_Number = Annotated[Filled, Field(max_length=100)]
_Basis = Annotated[Filled, Field(max_length=300)]
_Scopes = Annotated[list[Scope], Field(min_length=1, max_length=4)]
_Hosts = Annotated[
    list[Annotated[str, StringConstraints(pattern=HOST, max_length=253)]],
    Field(
        max_length=20, description="Its own: links and addresses lead to these and below them, nowhere else"
    ),
]
_Documents = Annotated[int, Field(ge=0, le=10_000, strict=True)]
_Statuses = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class AgreementIn(In):
    """On what it joins, `number` and `legal_basis` as written there.

    Without an agreement there is no provider, and with it everything ends.
    """

    number: _Number
    legal_basis: _Basis
    ends_on: Day = Field(description="The last day, which counts as a whole")


class ProviderIn(In):
    """A new provider; `agency` is the city's agency that owns it, `code` never changes.

    `rate_per_second` and `burst` limit its requests, `documents_limit` what search has of it at a time,
    `statuses_per_day` what it tells of residents' requests.
    """

    code: Code
    name: LineIn
    agency: Annotated[Filled, Field(max_length=60)]
    agreement: AgreementIn
    scopes: _Scopes
    hosts: _Hosts
    rate_per_second: Annotated[float, Field(gt=0, le=200, strict=True)] = 20
    burst: Annotated[int, Field(ge=1, le=2_000, strict=True)] = 100
    documents_limit: _Documents = 1_000
    statuses_per_day: _Statuses = 20_000


class ProviderChangeIn(In):
    """What is to be different; whatever is left out stays. Key and limits of requests are its client's.

    `documents_limit`: what search has of it at a time; `statuses_per_day`: of residents' requests.
    """

    model_config = ConfigDict(
        json_schema_extra=never_null(
            "name", "agency", "agreement", "scopes", "hosts", "documents_limit", "statuses_per_day"
        )
    )

    name: LineIn | None = None
    agency: Annotated[Filled, Field(max_length=60)] | None = None
    agreement: AgreementIn | None = None
    scopes: _Scopes | None = None
    hosts: _Hosts | None = None
    documents_limit: _Documents | None = None
    statuses_per_day: _Statuses | None = None


class SuspendIn(In):
    """Why: the provider is told the `reason`, in words; the audits keep the `cause`, a word of the list."""

    cause: Cause
    reason: Annotated[Filled, Field(max_length=300)]


class SecretRotationIn(In):
    """`overlap_hours`: how long the secret before stays good; 0 ends it at once."""

    overlap_hours: Annotated[int, Field(ge=0, le=168, strict=True)] = 24


class AgreementOut(Out):
    """On what it joined, `number` and `legal_basis`; `ends_on` is the last day, which counts."""

    number: str
    legal_basis: str
    ends_on: Day


class ProviderOut(Out):
    """A provider as administrators see it; `client` has its key and its limits."""

    code: str = Field(description="Never changes")
    name: Mapping[str, Any]
    agency: str
    agreement: AgreementOut
    scopes: Sequence[Scope]
    hosts: Sequence[str] = Field(description="Its own: links lead to these and below them")
    client: str = Field(description="Code of the front end that has its key and limits")
    documents_limit: int = Field(description="What search has of it at a time")
    statuses_per_day: int = Field(description="Of residents' requests")
    state: State = Field(description="active, suspended or ended (its agreement is over)")
    suspended_for: Cause | None = Field(description="A word of the list")
    suspended_reason: str | None = Field(description="What it was told")
    created_at: Moment
    version: int = Field(description="Of the record; its ETag is made of it")


class ProviderMadeOut(ProviderOut):
    """With what it signs and calls with, shown this once."""

    key: str
    signing_secret: str


class SecretOut(Out):
    """The new signing secret, shown this once; the one before is good until `old_until`."""

    signing_secret: str
    old_until: Moment
