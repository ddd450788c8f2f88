"""Shapes that travel over HTTP everywhere: text without control characters, points, pages."""

import re
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Generic, LiteralString, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.types import AwareDatetime
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(rf"{_DATE.pattern}[Tt ].*")
_UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_UNSEEN}]")
_CLEAN = {"pattern": f"^[^{_UNSEEN}]*$"}
_FILLED = {"pattern": rf"^[^{_UNSEEN}]*[^\s\x85{_UNSEEN}][^{_UNSEEN}]*$"}


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_characters", "control characters")
    return text


def _written(as_: re.Pattern[str], code: LiteralString, value: Any) -> Any:
    """A number would be taken for seconds since 1970: the document promises RFC 3339 alone."""
    if isinstance(value, date) or (isinstance(value, str) and as_.fullmatch(value)):
        return value
    raise PydanticCustomError(code, "not as RFC 3339 writes it")


Text = Annotated[str, AfterValidator(_without_control_characters), Field(json_schema_extra=_CLEAN)]
Filled = Annotated[Text, Field(min_length=1, json_schema_extra=_FILLED)]
"""Text that is not blank: what surrounds it is trimmed away first."""
Line = Annotated[Text, Field(max_length=200)]
Moment = Annotated[AwareDatetime, BeforeValidator(partial(_written, _DATE_TIME, "datetime_parsing"))]
Day = Annotated[date, BeforeValidator(partial(_written, _DATE, "date_parsing"))]
Item = TypeVar("Item")


class In(BaseModel):
    """What a client sends: finite numbers, trimmed text; unknown members are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        """PostgreSQL keeps no NUL: whatever the field says of itself, it is the sender's fault, not ours."""
        return _without_control_characters(value) if isinstance(value, str) and "\x00" in value else value


class Out(BaseModel):
    """What we answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def _on_the_ground(degrees: float) -> float:
    """Seven decimals, a centimetre: smaller numbers only make arithmetic underflow."""
    return round(degrees, 7) + 0.0


Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), AfterValidator(_on_the_ground)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), AfterValidator(_on_the_ground)]


class Point(In):
    """WGS 84, degrees."""

    lat: Latitude = Field(strict=True, examples=[-6.1783])
    lon: Longitude = Field(strict=True, examples=[106.6319])


class Page(Out, Generic[Item]):
    """One page of a list; `next` is the cursor of the following page, or null."""

    items: Sequence[Item]
    next: str | None = None


class Labelled(Out):
    """A `code` for machines with its `label` for people, in the language of the answer."""

    code: str
    label: str
