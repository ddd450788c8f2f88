"""What the desks of menus, versions and notices have in common."""

from typing import Annotated

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


class TextsIn(In):
    """A short text in both languages."""

    id: Annotated[Filled, Field(max_length=280)]
    en: Annotated[Filled, Field(max_length=280)]
