"""What travels over HTTP."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.provided.schemas import Kind, LineIn, Link, SentenceIn
from shared.schemas import In, Moment, Out, Point


class DocumentIn(In):
    """Something the public may find; `kind` is one that the declaration names, `link` opens it.

    `area` is the code of a district or village of the city.
    """

    kind: Kind
    title: LineIn
    summary: SentenceIn
    link: Link
    point: Point | None = None
    area: Annotated[str, Field(max_length=40)] | None = None
    published_at: Moment | None = Field(default=None, description="Left out: now, or as it was")
    expires_at: Moment | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    source: Literal["demo"] | None = Field(default=None, description="Made up, to show how it works")

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise PydanticCustomError("ends_before_start", "it ends before it starts")
        return self


class PublishedOut(Out):
    """A document that search has, its `kind` as hits name it; `version` counts what was sent of it."""

    id: str
    kind: str
    version: int
