"""What editors write and read back: all languages, all facts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import Filled, In, Labelled, Line, Out, Point, Text
from svc_tourism.hours.rules.grammar import LONGEST
from svc_tourism.places import rules
from svc_tourism.places.documents import Words
from svc_tourism.places.rules import Group, Status, Wheelchair

_MOST_PHOTOS = 10


def _tags(tags: dict[str, str]) -> dict[str, str]:
    if rules.fault_of_tags(tags):
        raise PydanticCustomError("osm_tags", "no tags of OpenStreetMap")
    return tags


def _each_once(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    if len(set(groups)) != len(groups):
        raise PydanticCustomError("groups_twice", "each group once")
    return groups


_Name = Annotated[Filled, Field(max_length=200)]
_Words = Annotated[Text, Field(max_length=4_000)]


def _written_as(pattern: str, longest: int) -> Any:
    """Text of this pattern alone: the document must not say Text's own instead."""
    return Field(max_length=longest, pattern=pattern, json_schema_extra={"pattern": pattern})


_Url = Annotated[Text, _written_as(r"^https?://[!-~]+$", 300)]
_Phone = Annotated[Text, _written_as(r"^\+?[0-9][0-9 ()-]{2,38}$", 40)]
_Email = Annotated[Text, _written_as(r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$", 200)]
_Instagram = Annotated[Text, _written_as(r"^@?[A-Za-z0-9_.]+$", 60)]
_NO_OTHERS: dict[str, Any] = {"additionalProperties": False}
"""Pydantic tells the names by a pattern, and leaves out that there are no others."""
Tags = Annotated[
    dict[Line, Annotated[Text, Field(max_length=255)]],
    AfterValidator(_tags),
    Field(json_schema_extra=_NO_OTHERS),
]
HoursText = Annotated[Filled, Field(max_length=LONGEST, examples=["Senin-Jumat 08.00 s.d. 16.00"])]


class NameIn(In):
    """A name in both languages."""

    id: _Name
    en: _Name


class TextsIn(In):
    """A text in both languages; the English one may be empty."""

    id: _Words
    en: _Words = ""


class ContactIn(In):
    """How to reach it."""

    phone: _Phone | None = None
    whatsapp: _Phone | None = None
    email: _Email | None = None
    instagram: _Instagram | None = None


class PhotoIn(In):
    """A new photo by its receipt, or one that is there by its id; what can be seen in both languages."""

    receipt: str | None = Field(default=None, max_length=4_000)
    media_id: UUID | None = None
    alt: NameIn

    @model_validator(mode="after")
    def _is_one_photo(self) -> Self:
        if (self.receipt is None) == (self.media_id is None):
            raise PydanticCustomError("receipt_or_id", "either receipt or media_id")
        return self


class PlaceIn(In):
    """A place, whole. `hours` and `ramadan_hours` as people write them or in OSM's grammar."""

    category: Annotated[Line, Field(max_length=60)]
    status: Status | None = Field(default=None, description="a new place: draft; else as it stands")
    name: NameIn
    description: TextsIn = TextsIn(id="")
    point: Point
    address: Line | None = None
    hours: HoursText | None = None
    ramadan_hours: HoursText | None = None
    price: NameIn | None = None
    entry_fee: int | None = Field(default=None, ge=0, le=100_000_000, strict=True, description="rupiah")
    wheelchair: Wheelchair = "unknown"
    accessibility: Tags = {}
    contact: ContactIn = ContactIn()
    website: _Url | None = None
    tags: Tags = {}
    photos: Annotated[tuple[PhotoIn, ...], Field(max_length=_MOST_PHOTOS)] = ()
    source: Annotated[Filled, Field(max_length=200)]
    attribution: Line | None = None


class CheckIn(In):
    """These facts were looked at and are right."""

    groups: Annotated[
        tuple[Group, ...],
        Field(min_length=1, max_length=len(rules.GROUPS), json_schema_extra={"uniqueItems": True}),
        AfterValidator(_each_once),
    ]
    source: Annotated[Filled, Field(max_length=200)]


class ChangeOut(Out):
    """A column's value before and after; null: there was none."""

    before: Any
    after: Any


class RevisionOut(Out):
    """What somebody did to a place: `by` is a staff id, `source` where the facts are from."""

    version: int
    action: Labelled
    groups: Sequence[str]
    changes: dict[str, ChangeOut]
    source: str
    by: str
    agency: str | None
    at: datetime

    @classmethod
    def of(cls, row: Any, words: Words) -> "RevisionOut":
        """From a PlaceRevision."""
        own = {name: getattr(row, name) for name in cls.model_fields}
        return cls(**own | {"action": words.label("action", row.action), "at": words.local(row.at)})


class FormOut(Out):
    """A place as editors see it."""

    id: UUID
    slug: str
    version: int
    category: str
    status: Status
    name: dict[str, Any]
    description: dict[str, Any]
    point: Point
    village: str
    district: str
    address: str | None
    opening_hours: str | None
    ramadan_hours: str | None
    hours_text: str | None
    price: dict[str, Any] | None
    entry_fee: int | None
    wheelchair: Wheelchair
    accessibility: dict[str, Any]
    contact: dict[str, Any]
    website: str | None
    tags: dict[str, Any]
    photos: Sequence[dict[str, Any]]
    source: str
    attribution: str | None
    facts: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, row: Any, zone: Any) -> "FormOut":
        """From a Place; times with the city's offset."""
        own = {name: getattr(row, name) for name in cls.model_fields if name != "point"}
        for name in ("created_at", "updated_at", "published_at"):
            own[name] = own[name] and own[name].astimezone(zone)
        return cls(point=Point(lat=row.lat, lon=row.lon), **own)
