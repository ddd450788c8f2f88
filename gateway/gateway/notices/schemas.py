"""What travels over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.desk.schemas import LinkText, TextsIn
from gateway.pack_menus import Platform
from shared.schemas import Filled, In, Moment, Out

Level = Literal["info", "warning", "danger"]


class TitleIn(In):
    """In both languages: `id` Indonesian, `en` English."""

    id: Annotated[Filled, Field(max_length=80)]
    en: Annotated[Filled, Field(max_length=80)]


class NoticeIn(In):
    """A notice. No `platforms` or `areas` means all; areas are codes of the city's districts and villages.

    `link` is what to open for more: a path of this API, or an address (https, tel).
    """

    level: Level = "info"
    title: TitleIn
    text: TextsIn
    platforms: Annotated[tuple[Platform, ...], Field(max_length=3)] = ()
    areas: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=20)
    ] = ()
    link: LinkText | None = None
    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_too_early", "ends before it starts")
        return self


class NoticeOut(Out):
    """A notice in force, in the language of the answer; no areas means the whole city."""

    id: UUID
    level: Level
    title: str
    text: str
    areas: Sequence[str] = Field(description="Codes; show it there alone. Empty: the whole city")
    link: str | None = Field(description="What to open for more; a path of this API or an address")
    starts_at: Moment
    ends_at: Moment


class NoticeRecordOut(Out):
    """A notice as its desk sees it; `author` is the opaque id of a member of staff."""

    id: UUID
    level: Level
    title: Mapping[str, str]
    text: Mapping[str, str]
    platforms: Sequence[str] = Field(description="Empty: all")
    areas: Sequence[str] = Field(description="Codes; empty: the whole city")
    link: str | None = Field(description="What to open for more")
    starts_at: Moment
    ends_at: Moment
    author: str
    version: int = Field(description="Of the record; its ETag is made of it")
    changed_at: Moment

    @classmethod
    def of(cls, notice: Any, zone: ZoneInfo) -> Self:
        """With the city's times."""
        names = ("starts_at", "ends_at", "changed_at")
        local = {name: getattr(notice, name).astimezone(zone) for name in names}
        return cls.model_validate(notice).model_copy(update=local)
