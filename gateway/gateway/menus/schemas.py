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
    """One menu. `native`: a path of this API; `linked`: an address elsewhere; `unavailable` says why.

    `owner` is who serves it; `instead` is what to offer meanwhile, such as a number to call.
    """

    id: str
    name: str
    icon: str
    state: State
    reason: str | None
    reason_code: str | None
    link: str | None
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

    staff: Sequence[MenuOut]


class SwitchIn(AimIn):
    """`off` with a reason, `link` to somewhere else, or `on`: as pack and services say.

    Of several switches that fit somebody the narrower one counts, and of two alike the newer.
    """

    state: SwitchState
    languages: Annotated[tuple[Literal["id", "en"], ...], Field(max_length=2)] = ()
    segment: Segment = "everybody"
    link: LinkText | None = None
    reason: TextsIn | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.state == "link") != (self.link is not None):
            raise PydanticCustomError("switch_link", "a link for `link`, and for nothing else")
        return self


class SwitchOut(Out):
    """One switch of a menu."""

    menu: str
    code: str
    state: SwitchState
    platforms: Sequence[str]
    from_version: str | None
    below_version: str | None
    languages: Sequence[str]
    segment: Segment
    link: str | None
    reason: Mapping[str, str]
    version: int
    changed_at: Moment
