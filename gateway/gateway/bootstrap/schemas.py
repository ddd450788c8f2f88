"""What travels over HTTP: the start of an app, and what administrators say for it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from fastapi import Header, Path
from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from gateway.bootstrap import rules
from gateway.bootstrap.rules import Aim, Update
from gateway.desk.schemas import TextsIn
from gateway.notices.schemas import NoticeOut
from gateway.pack_menus import Platform
from shared.schemas import In, Line, Moment, Out, Text

App = Literal["android", "ios"]
AppPlatform = Annotated[
    str | None,
    Header(alias="X-App-Platform", description="android, ios or web; none is web"),
]
AppVersionHeader = Annotated[
    str | None,
    Header(alias="X-App-Version", description="Of the app, as semver.org writes it"),
]
Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", description="Chosen by you")]


def _version(text: str) -> str:
    if rules.version(text) is None:
        raise PydanticCustomError("version", "no version")
    return text


VersionText = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"pattern": rules.PATTERN}, examples=["1.10.0"]),
    AfterValidator(_version),
]
Store = Annotated[str, Field(max_length=300, pattern=r"^https://[^\s@/]+(/[^\s]*)?$")]


class AimIn(In):
    """Whom it is meant for; what is left out means everybody. Versions from the first, below the second."""

    platforms: Annotated[tuple[Platform, ...], Field(max_length=3)] = Field(
        default=(), description="android, ios, web; empty: all"
    )
    from_version: VersionText | None = Field(default=None, description="Including this one")
    below_version: VersionText | None = Field(default=None, description="Not including this one")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        first, end = rules.version(self.from_version), rules.version(self.below_version)
        if first is not None and end is not None and first >= end:
            raise PydanticCustomError("version_range", "an empty range of versions")
        return self


def aim(stated: Any, languages: Sequence[str] = ()) -> Aim:
    """Of a row or a body with `platforms`, `from_version`, `below_version`."""
    first, end = rules.version(stated.from_version), rules.version(stated.below_version)
    return Aim(tuple(stated.platforms), first, end, tuple(languages))


class AppVersionIn(In):
    """The newest version. `required`: whoever has an older one must update; below `minimum` always."""

    latest: VersionText = Field(description="The newest in the store")
    minimum: VersionText | None = None
    required: Annotated[bool, Field(strict=True)] = False
    message: TextsIn | None = Field(
        default=None, description="What people read when they should update; none: a text of the city"
    )
    store: Store | None = Field(default=None, description="Where the app is to be had")

    @model_validator(mode="after")
    def _can_be_had(self) -> Self:
        latest, minimum = rules.version(self.latest), rules.version(self.minimum)
        if latest is not None and minimum is not None and minimum > latest:
            raise PydanticCustomError("version_minimum", "the minimum is newer than the newest")
        return self


class AppVersionOut(Out):
    """The record of one platform."""

    platform: str
    latest: str = Field(description="The newest in the store")
    minimum: str | None = Field(description="Whoever has an older one must update")
    required: bool = Field(description="Whoever has not the newest must update")
    message: Mapping[str, str] = Field(description="What people read, by language; empty: a text of the city")
    store: str | None = Field(description="Where the app is to be had")
    version: int = Field(description="Of the record; its ETag is made of it")
    changed_at: Moment


class FlagIn(AimIn):
    """Whether it is on for those it is meant for; for all others it is off."""

    is_on: Annotated[bool, Field(strict=True)] = Field(description="For those it is meant for")
    purpose: Annotated[Line, Field(min_length=1)] = Field(
        description="For administrators: what it switches, and until when it is needed"
    )


class FlagOut(Out):
    """One flag."""

    name: str
    is_on: bool = Field(description="For those it is meant for; off for all others")
    purpose: str = Field(description="For administrators")
    platforms: Sequence[str] = Field(description="Empty: all")
    from_version: str | None = Field(description="Including this one")
    below_version: str | None = Field(description="Not including this one")
    version: int = Field(description="Of the record; its ETag is made of it")
    changed_at: Moment


class UpdateOut(Out):
    """`needed`: none, recommended or required; a recommended one must not keep anybody from going on."""

    needed: Update
    latest: str | None = Field(
        default=None, description="The newest version; null where the city keeps no record of this platform"
    )
    message: Text | None = Field(default=None, description="Show it where an update is needed")
    store: str | None = Field(default=None, description="Where to update: open it")


class ContactOut(Out):
    """A public way to reach the city."""

    code: str = Field(description="For machines, the same in every language")
    kind: str = Field(description="phone, whatsapp, email or url")
    value: str = Field(description="What to call, write to or open")
    name: str


class CityOut(Out):
    """Whose app this is; `languages[0]` is the default one, colours are #rrggbb by their use."""

    code: str = Field(description="Of the city")
    name: str
    languages: Sequence[str]
    colours: Mapping[str, str]
    contacts: Sequence[ContactOut]


_EXAMPLE: JsonDict = {
    "update": {
        "needed": "recommended",
        "latest": "1.10.0",
        "message": "Ada versi baru.",
        "store": "https://store.example.go.id/demo",
    },
    "flags": {"demo-new-map": True},
    "notices": [
        {
            "id": "01985a00-0000-7000-8000-000000000000",
            "level": "warning",
            "title": "Contoh",
            "text": "Contoh pemberitahuan.",
            "areas": [],
            "link": "/v1/menus",
            "starts_at": "2026-02-02T09:00:00+07:00",
            "ends_at": "2026-02-02T12:00:00+07:00",
        }
    ],
    "city": {
        "code": "demo",
        "name": "Kota Contoh",
        "languages": ["id", "en"],
        "colours": {"primary": "#0a5c8a"},
        "contacts": [{"code": "demo", "kind": "phone", "value": "112", "name": "Contoh"}],
    },
    "links": {"menus": "/v1/menus", "home": "/v1/home"},
}


class BootstrapOut(Out):
    """What an app needs when it starts. A flag that is not named is off."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    update: UpdateOut
    flags: Mapping[str, bool]
    notices: Sequence[NoticeOut]
    city: CityOut
    links: Mapping[str, str]
