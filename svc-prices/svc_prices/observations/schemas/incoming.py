"""What surveyors and supervisors send: batches from the market, and corrections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import Filled, In, Moment
from svc_prices.commodities.schemas import EARLIEST, LAST_DAY, PriceDay
from svc_prices.observations.rules import DEAREST, Level, State


def _no_zero(value: Any) -> Any:
    if isinstance(value, (int, float, str)) and str(value).strip() in ("0", "0.0", "-0"):
        raise PydanticCustomError("zero_is_no_price", "0 is no price")
    return value


CodeText = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]
Reason = Annotated[Filled, Field(max_length=300)]
Rupiah = Annotated[int, Field(ge=1, le=DEAREST, strict=True), BeforeValidator(_no_zero)]


class _SaidIn(In):
    state: State = "price"
    price: Rupiah | None = Field(
        default=None, description="whole rupiah for one `unit`; only in the state price"
    )
    unit: CodeText | None = Field(
        default=None, description="a local unit of the commodity; left out: the commodity's own"
    )

    @model_validator(mode="after")
    def _has_a_price_when_it_says_so(self) -> Self:
        if self.state == "price" and self.price is None:
            raise PydanticCustomError("price_missing", "no price")
        if self.state != "price" and self.price is not None:
            raise PydanticCustomError("price_not_expected", "a price in a state without one")
        return self


def _sensible(moment: datetime) -> datetime:
    if not EARLIEST.year < moment.year <= LAST_DAY.year:
        raise PydanticCustomError("datetime_parsing", "no moment of ours")
    return moment


class EntryIn(_SaidIn):
    """One commodity as it was seen on the market."""

    commodity: CodeText
    level: Level = "retail"
    reason: Reason | None = None
    observed_at: Annotated[Moment, AfterValidator(_sensible)] | None = Field(
        default=None, description="when it was seen; left out: now"
    )


def _each_once(rows: Sequence[EntryIn]) -> Sequence[EntryIn]:
    if len({(row.commodity, row.level) for row in rows}) < len(rows):
        raise PydanticCustomError("repeated", "a commodity twice")
    return rows


class BatchIn(In):
    """Rows of one market and day; each commodity once for each level."""

    market: CodeText
    day: PriceDay
    rows: Annotated[list[EntryIn], Field(min_length=1, max_length=500), AfterValidator(_each_once)]


class CorrectionIn(_SaidIn):
    """What it should have said, and why."""

    reason: Reason
