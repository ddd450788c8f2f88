"""What travels over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from fastapi import Path
from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from gateway.bootstrap.schemas import AimIn
from gateway.desk.schemas import LinkText, TextsIn
from gateway.menus.rules import Segment, State, SwitchState
from shared.schemas import Moment, Out

MenuId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", description="Of the list of menus")]
SwitchCode = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", description="Chosen by you")]


_MENU: JsonDict = {
    "icon": "demo",
    "reason": None,
    "reason_code": None,
    "link": None,
    "instead": None,
    "owner": "demo",
}
#: A path of this API, an address elsewhere, and one that cannot be used now.
_EXAMPLE: JsonDict = {
    "services": [
        {
            "id": "demo",
            "name": "Contoh",
            "icon": "demo",
            "menus": [
                {**_MENU, "id": "demo-list", "name": "Daftar", "state": "native", "link": "/v1/demo"},
                {
                    **_MENU,
                    "id": "demo-site",
                    "name": "Situs",
                    "state": "linked",
                    "link": "https://demo.example.go.id/",
                },
                {
                    **_MENU,
                    "id": "demo-away",
                    "name": "Antrean",
                    "state": "unavailable",
                    "reason": "Layanan ini sedang tidak menjawab.",
                    "reason_code": "owner_not_answering",
                    "instead": "tel:112",
                },
            ],
        }
    ]
}


class MenuOut(Out):
    """One menu. Its `state`: native, a path of this API; linked, an address elsewhere; unavailable says why.

    `owner` is who serves it; `instead` is what to offer meanwhile, such as a number to call.
    """

    id: str
    name: str
    icon: str = Field(description="A word; the app has a picture for it, or its own default")
    state: State
    reason: str | None = Field(description="Why it cannot be used now, for people; else null")
    reason_code: str | None = Field(description="The same for machines, such as `owner_not_answering`")
    link: str | None = Field(description="Open it; null if the menu cannot be used now")
    instead: str | None
    owner: str | None


class ServiceOut(Out):
    """One service of the city, as people know it."""

    id: str
    name: str
    icon: str
    menus: Sequence[MenuOut]


class MenusOut(Out):
    """Everything the city offers, also what cannot be used now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    services: Sequence[ServiceOut]


class StaffMenusOut(MenusOut):
    """The same as staff see it, and the staff's own menus."""

    staff: Sequence[MenuOut] = Field(description="Menus of the staff, those of my roles")


class SwitchIn(AimIn):
    """`state`: `off` with a reason, `link` to somewhere else, or `on`: as pack and services say.

    Of several switches that fit somebody the narrower one counts, and of two alike the newer.
    """

    state: SwitchState
    languages: Annotated[tuple[Literal["id", "en"], ...], Field(max_length=2)] = Field(
        default=(), description="Empty: all"
    )
    segment: Segment = Field(
        default="everybody", description="Whom it is for: everybody, the public or the staff"
    )
    link: LinkText | None = Field(
        default=None, description="Where `link` leads; for the other states left out"
    )
    reason: TextsIn | None = Field(
        default=None, description="What people read while it is off; left out: a text of the city"
    )

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.state == "link") != (self.link is not None):
            raise PydanticCustomError("switch_link", "a link for `link`, and for nothing else")
        return self


class SwitchOut(Out):
    """One switch of a menu."""

    menu: str = Field(description="Its id")
    code: str = Field(description="Of the switch, chosen by whoever made it")
    state: SwitchState = Field(description="`off`, `link` (elsewhere) or `on` (as pack and services say)")
    platforms: Sequence[str] = Field(description="Empty: all")
    from_version: str | None = Field(description="Including this one")
    below_version: str | None = Field(description="Not including this one")
    languages: Sequence[str] = Field(description="Empty: all")
    segment: Segment = Field(description="Whom it is for")
    link: str | None = Field(description="Where it leads instead")
    reason: Mapping[str, str] = Field(description="What people read, by language")
    version: int = Field(description="Of the record; its ETag is made of it")
    changed_at: Moment


class ListedSwitchOut(SwitchOut):
    """A switch among those of all menus; `menu_known` is false where its menu is no more."""

    menu_known: bool
