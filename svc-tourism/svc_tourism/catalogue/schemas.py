"""What travels over HTTP about a data set of another agency."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.runtime import Runtime
from shared.schemas import Day, Filled, In, Labelled, Out
from svc_tourism.catalogue import rules
from svc_tourism.catalogue.models import Dataset
from svc_tourism.catalogue.rules import Frequency


def _address(text: str) -> str:
    if not rules.is_address(text):
        raise PydanticCustomError("web_address", "no http(s) address")
    return text


Address = Annotated[
    str,
    Field(min_length=8, max_length=500, json_schema_extra={"pattern": r"^https?://[!-~]+$"}),
    AfterValidator(_address),
]
_Title = Annotated[Filled, Field(max_length=200)]
_Text = Annotated[Filled, Field(max_length=2_000)]
_MediaType = Annotated[str, Field(max_length=100, pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]*$")]


class TitleIn(In):
    """In both languages."""

    id: _Title
    en: _Title


class DescriptionIn(In):
    """In both languages."""

    id: _Text
    en: _Text


class DistributionIn(In):
    """One form in which the data can be had."""

    title: TitleIn
    media_type: _MediaType = Field(examples=["text/csv"])
    access_url: Address
    download_url: Address | None = None


class DatasetIn(In):
    """A data set; `agency` produces it. `licence` is an address, `covers_…` the time it tells of."""

    agency: str = Field(max_length=60)
    title: TitleIn
    description: DescriptionIn
    keywords: tuple[Annotated[Filled, Field(max_length=60)], ...] = Field(default=(), max_length=20)
    licence: Address = Field(examples=["https://creativecommons.org/licenses/by/4.0/"])
    landing_page: Address
    frequency: Frequency
    covers_from: Day | None = None
    covers_to: Day | None = None
    distributions: tuple[DistributionIn, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.covers_from and self.covers_to and self.covers_from > self.covers_to:
            raise PydanticCustomError("period_backwards", "the end is before the beginning")
        return self

    def facts(self) -> dict[str, Any]:
        """As the row holds them."""
        made = self.model_dump(mode="json")
        return made | {"covers_from": self.covers_from, "covers_to": self.covers_to}


class DistributionOut(Out):
    """One form in which the data can be had."""

    title: str
    media_type: str
    access_url: str
    download_url: str | None


class DatasetOut(Out):
    """A data set in the language of the answer; times with the city's offset."""

    id: UUID
    version: int
    agency: Labelled
    title: str
    description: str
    keywords: Sequence[str]
    licence: str
    landing_page: str
    frequency: Frequency
    covers_from: date | None
    covers_to: date | None
    distributions: Sequence[DistributionOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Dataset, run: Runtime, language: str) -> "DatasetOut":
        """From its row."""
        agency, zone = run.city.agencies.get(row.agency), run.city.zone
        told = {name: getattr(row, name) for name in cls.model_fields}
        told |= {
            "agency": Labelled(code=row.agency, label=agency.name.text(language) if agency else row.agency),
            "title": row.title[language],
            "description": row.description[language],
            "distributions": [each | {"title": each["title"][language]} for each in row.distributions],
            "created_at": row.created_at.astimezone(zone),
            "updated_at": row.updated_at.astimezone(zone),
        }
        return cls.model_validate(told)
