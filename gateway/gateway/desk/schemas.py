"""What the desks of menus, versions and notices have in common."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.pack_menus import LINK
from shared.schemas import Filled, In


def _link(text: str) -> str:
    if not LINK.fullmatch(text):
        raise PydanticCustomError("link", "no link")
    return text


LinkText = Annotated[
    str,
    Field(max_length=300, json_schema_extra={"pattern": f"^(?:{LINK.pattern})$"}, examples=["/v1/menus"]),
    AfterValidator(_link),
]
"""A path of ours, or an address that apps may open: https or tel, and nothing that runs."""


def never_null(*names: str) -> Callable[[dict[str, Any]], None]:
    """For the document of a change: these members may be left out, and null is no value of theirs."""

    def tell(schema: dict[str, Any]) -> None:
        for name in names:
            member = schema["properties"][name]
            [value] = (each for each in member.pop("anyOf") if each != {"type": "null"})
            member.pop("default")
            member.update(value)

    return tell


class TextsIn(In):
    """A short text in both languages: `id` Indonesian, `en` English."""

    id: Annotated[Filled, Field(max_length=280)]
    en: Annotated[Filled, Field(max_length=280)]
