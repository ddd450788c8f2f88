"""What travels over HTTP, both ways: what a provider sends us, and what it answers when it is asked."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from gateway.fetching.rules import LONGEST_URL
from gateway.provided import rules
from gateway.providers.rules import Scope, State
from shared.schemas import Day, In, Labelled, Moment, Out

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=64)]
Url = Annotated[str, Field(min_length=8, max_length=LONGEST_URL)]
Link = Annotated[str, Field(min_length=1, max_length=LONGEST_URL), AfterValidator(rules.safe_link)]
_Words = Annotated[
    str,
    Field(min_length=1, max_length=2_000),
    AfterValidator(rules.plain),
    StringConstraints(min_length=1),
]
_NO_OTHERS: dict[str, Any] = {"additionalProperties": False}
"""Pydantic tells the names by a pattern, and leaves out that there are no others."""
_Short = Annotated[_Words, StringConstraints(max_length=60)]
_Line = Annotated[_Words, StringConstraints(max_length=120)]
_Sentence = Annotated[_Words, StringConstraints(max_length=300)]


class ShortIn(In):
    """A name in the city's languages, `id` Indonesian; without `en` the Indonesian one stands for both."""

    id: _Short
    en: _Short | None = None


class LineIn(In):
    """A title, Indonesian and, in `en`, English; markup and what cannot be seen is taken out."""

    id: _Line
    en: _Line | None = None


class SentenceIn(In):
    """A sentence or two, Indonesian and, in `en`, English; markup and what cannot be seen is taken out."""

    id: _Sentence
    en: _Sentence | None = None


class ItemIn(In):
    """One thing in a section of home; `link` opens it, `at` is the moment it speaks of."""

    id: Name
    title: LineIn
    summary: SentenceIn | None = None
    link: Link | None = None
    at: Moment | None = None


class ContentIn(In):
    """A whole section: what was there before and is not in it is gone."""

    items: Annotated[tuple[ItemIn, ...], Field(max_length=10)]


class MenuIn(In):
    """A `menu` it serves at `link`: an id of the city's list, or with a `title` one of its own."""

    menu: Code
    link: Link
    title: ShortIn | None = None


class HomeIn(In):
    """Its section of home; with a `url` asked for every minute, without one it is pushed.

    `section` is a name of its own; `menu` opens the whole of it. The lower `order` stands higher, below the
    sections of the city's own services.
    """

    section: Code
    title: ShortIn
    order: Annotated[int, Field(ge=rules.FIRST_ORDER, le=1_000, strict=True)] = 500
    menu: Code | None = None
    url: Url | None = None


class DeclarationIn(In):
    """All that a provider offers; it replaces what it declared before.

    `documents` and `request_kinds` name, for people, the kinds of what it publishes and of residents'
    requests.
    """

    menus: Annotated[tuple[MenuIn, ...], Field(max_length=20)] = ()
    home: HomeIn | None = None
    documents: Annotated[dict[Kind, ShortIn], Field(max_length=10, json_schema_extra=_NO_OTHERS)] = {}
    request_kinds: Annotated[dict[Kind, ShortIn], Field(max_length=20, json_schema_extra=_NO_OTHERS)] = {}
    link: Link | None = Field(default=None, description="Where a resident tells it that she is known here")
    health: Url | None = Field(
        default=None, description="Asked every minute where there is no `home.url`: 2xx says that it is up"
    )


class AskedOut(Out):
    """What came of the questions to a provider."""

    polled_at: Moment | None = Field(description="When it was last asked")
    next_poll_at: Moment | None = Field(description="When it is asked again")
    failures: int = Field(description="In a row, since it last answered")
    last_error: Labelled | None = Field(description="What was wrong with the last answer; null: nothing")


class HomeStateOut(AskedOut):
    """How its section of home does; of one that is pushed nobody asks."""

    section: str = Field(description="Its name")
    polled: bool = Field(description="Whether it is asked for; else it is pushed")
    state: str = Field(description="As home shows it: ok, stale or unavailable")
    items: int = Field(description="How many")
    as_of: Moment | None = Field(description="Since when it says this")


class DeclaredOut(Out):
    """What of a declaration is in force."""

    menus: Sequence[str] = Field(description="Their ids")
    section: str | None = Field(description="Of home; null: none")
    documents: Sequence[str]
    request_kinds: Sequence[str] = Field(description="Of residents' requests")


class StatusOut(Out):
    """What the gateway thinks of a provider."""

    code: str = Field(description="Of the provider")
    name: Mapping[str, Any]
    state: State = Field(description="active, suspended or ended (its agreement is over)")
    scopes: Sequence[Scope]
    agreement_ends_on: Day = Field(description="The last day, which counts")
    declared: DeclaredOut = Field(description="What it offers")
    is_down: bool = Field(description="Its menus say that it does not answer")
    home: HomeStateOut | None
    health: AskedOut | None = Field(description="Where it declares an address for that")
    documents: int = Field(description="How many search has of it")
    documents_limit: int = Field(description="How many it may have")
    statuses_today: int = Field(description="Of residents' requests, told today")
    statuses_per_day: int = Field(description="How many it may tell")
