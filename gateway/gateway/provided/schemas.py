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
Link = Annotated[str, Field(min_length=1, max_length=LONGEST_URL), AfterValidator(rules.safe_link)]
_Words = Annotated[
    str,
    Field(min_length=1, max_length=2_000),
    AfterValidator(rules.plain),
    StringConstraints(min_length=1),
]
_Short = Annotated[_Words, StringConstraints(max_length=60)]
_Line = Annotated[_Words, StringConstraints(max_length=120)]
_Sentence = Annotated[_Words, StringConstraints(max_length=300)]


class ShortIn(In):
    """A name in the city's languages; without `en` the Indonesian one stands for both."""

    id: _Short
    en: _Short | None = None


class LineIn(In):
    """A title; markup and what cannot be seen is taken out."""

    id: _Line
    en: _Line | None = None


class SentenceIn(In):
    """A sentence or two; markup and what cannot be seen is taken out."""

    id: _Sentence
    en: _Sentence | None = None


class ItemIn(In):
    """One thing in a section of home."""

    id: Name
    title: LineIn
    summary: SentenceIn | None = None
    link: Link | None = None
    at: Moment | None = None


class ContentIn(In):
    """A whole section: what was there before and is not in it is gone."""

    items: Annotated[tuple[ItemIn, ...], Field(max_length=10)]


class MenuIn(In):
    """A menu it serves: one of the city's list, or with a `title` one of its own."""

    menu: Code
    link: Link
    title: ShortIn | None = None


class HomeIn(In):
    """Its section of home; with a `url` asked for every minute, without one it is pushed."""

    section: Code
    title: ShortIn
    order: Annotated[int, Field(ge=0, le=1_000, strict=True)] = 500
    menu: Code | None = None
    url: Annotated[str, Field(min_length=8, max_length=LONGEST_URL)] | None = None


class DeclarationIn(In):
    """All that a provider offers; it replaces what it declared before."""

    menus: Annotated[tuple[MenuIn, ...], Field(max_length=20)] = ()
    home: HomeIn | None = None
    documents: Annotated[dict[Kind, ShortIn], Field(max_length=10)] = {}
    request_kinds: Annotated[dict[Kind, ShortIn], Field(max_length=20)] = {}
    link: Link | None = Field(default=None, description="Where a resident tells it that she is known here")


class HomeStateOut(Out):
    """How its section of home does."""

    section: str
    polled: bool
    state: str
    items: int
    as_of: Moment | None
    polled_at: Moment | None
    next_poll_at: Moment | None
    failures: int = Field(description="In a row, since it last answered")
    last_error: Labelled | None


class DeclaredOut(Out):
    """What of a declaration is in force."""

    menus: Sequence[str]
    section: str | None
    documents: Sequence[str]
    request_kinds: Sequence[str]


class StatusOut(Out):
    """What the gateway thinks of a provider."""

    code: str
    name: Mapping[str, Any]
    state: State
    scopes: Sequence[Scope]
    agreement_ends_on: Day
    declared: DeclaredOut
    home: HomeStateOut | None
    documents: int
    documents_limit: int
    statuses_today: int
    statuses_per_day: int
