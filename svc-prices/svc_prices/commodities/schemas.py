"""What travels about commodities, and the language of an answer."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, cast

from fastapi import Depends, Request
from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import Day, Filled, In, Labelled, Out
from svc_prices.commodities.documents import Words
from svc_prices.commodities.models import Commodity, LocalUnit, ReferencePrice
from svc_prices.observations.rules import DEAREST, Level

_Name = Annotated[Filled, Field(max_length=120)]
_Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]


EARLIEST, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


def _sensible(day: date) -> date:
    if not EARLIEST <= day <= LAST_DAY:
        raise PydanticCustomError("date_parsing", "no date of ours")
    return day


PriceDay = Annotated[Day, AfterValidator(_sensible)]
"""A date that days can be counted from without leaving the calendar."""


async def _words(request: Request) -> Words:
    run = request.app.state.runtime
    return Words(run, request.scope["city"].language, run.clock.now())


InWords = Annotated[Words, Depends(_words)]
"""The language of the answer, and its day."""


MOST_COMMODITIES = 200
"""More than an entry form can hold."""


class NameIn(In):
    """A name in both languages."""

    id: _Name
    en: _Name


_FACTOR: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 100_000},
        {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?$", "maxLength": 13},
    ]
}


class UnitIn(In):
    """A local unit: how much of the commodity's unit one of it holds."""

    code: _Code
    name: NameIn
    factor: Annotated[
        Decimal, Field(gt=0, le=100_000, max_digits=12, decimal_places=6), WithJsonSchema(_FACTOR)
    ]
    source: _Name


class ReferenceIn(In):
    """A price set by the government, whole rupiah; `source` names the regulation."""

    level: Level = "retail"
    kind: Literal["HET", "HAP"]
    price: int = Field(ge=1, le=DEAREST, strict=True)
    valid_from: PriceDay
    valid_to: PriceDay | None = None
    source: _Name

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("range_backwards", "ends before it begins")
        return self


def _units_once(units: tuple[UnitIn, ...]) -> tuple[UnitIn, ...]:
    if len({unit.code for unit in units}) < len(units):
        raise PydanticCustomError("repeated", "a unit twice")
    return units


def _references_once(prices: tuple[ReferenceIn, ...]) -> tuple[ReferenceIn, ...]:
    if len({(each.level, each.kind, each.valid_from) for each in prices}) < len(prices):
        raise PydanticCustomError("repeated", "a reference price twice")
    return prices


class CommodityIn(In):
    """What is known of a commodity, whole: units and reference prices left out are gone."""

    name: NameIn
    category: _Code
    active: bool = Field(default=True, strict=True)
    local_units: Annotated[tuple[UnitIn, ...], Field(max_length=20), AfterValidator(_units_once)] = ()
    references: Annotated[
        tuple[ReferenceIn, ...], Field(max_length=50), AfterValidator(_references_once)
    ] = ()


class NewCommodityIn(CommodityIn):
    """A commodity that joins the list, at its end. Code and unit never change: prices are told in it."""

    code: _Code
    unit: _Code
    panel_id: int | None = Field(default=None, ge=1, le=32_767, strict=True)
    source: _Name


class UnitOut(Out):
    """A local unit, its name in the language of the answer, and in both for forms."""

    code: str
    name: str
    names: dict[str, str]
    factor: float
    source: str


class ReferenceOut(Out):
    """A reference price and the days it holds."""

    level: str
    kind: str
    price: int
    valid_from: date
    valid_to: date | None
    source: str


class CommodityOut(Out):
    """A commodity; prices are whole rupiah for one `unit`."""

    code: str
    version: int
    name: str
    names: dict[str, str]
    category: Labelled
    unit: str
    panel_id: int | None
    source: str
    active: bool
    local_units: list[UnitOut]
    references: list[ReferenceOut]

    @classmethod
    def of(
        cls,
        commodity: Commodity,
        units: Iterable[LocalUnit],
        references: Iterable[ReferencePrice],
        words: Words,
    ) -> "CommodityOut":
        """From its rows."""
        return cls(
            code=commodity.code,
            version=commodity.version,
            name=words.pick(commodity.name),
            names=cast("dict[str, str]", commodity.name),
            category=words.label("category", commodity.category),
            unit=commodity.unit,
            panel_id=commodity.panel_id,
            source=commodity.source,
            active=commodity.active,
            local_units=[_unit(unit, words) for unit in units],
            references=[ReferenceOut.model_validate(each) for each in references],
        )


def _unit(unit: LocalUnit, words: Words) -> UnitOut:
    return UnitOut(
        code=unit.code,
        name=words.pick(unit.name),
        names=cast("dict[str, str]", unit.name),
        factor=float(unit.factor),
        source=unit.source,
    )
