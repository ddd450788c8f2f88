"""What everybody reads: prices with source, age, change, class and the government's reference beside them."""

from datetime import date, datetime

from pydantic import Field

from shared.schemas import Labelled, Out, Point
from svc_prices.observations.rules import Level

_SOURCE = "survey, import, mixed (of both), or demo: something in it is made up; none without a price"


class ChangeOut(Out):
    """Against the price of an earlier day."""

    against_days: int
    day: date
    price: int
    percent: float


class ReferenceLineOut(Out):
    """The government's price for it; by how many percent the price is above (or below), if there is one."""

    kind: str
    price: int
    percent_above: float | None
    source: str


class ClassOut(Labelled):
    """Dear, normal or cheap against the city's past year, or that there is not enough data to say so."""

    rule: str
    baseline: int | None
    observations: int
    needed: int


class PricedOut(Out):
    """What a price is of; `price` is whole rupiah for one `unit`."""

    commodity: str
    name: str
    category: Labelled
    unit: str
    level: Level
    day: date
    age_days: int = Field(ge=0)
    price: int
    changes: list[ChangeOut]
    references: list[ReferenceLineOut]
    price_class: ClassOut


class LatestOut(PricedOut):
    """The newest published price on one market."""

    market: str
    market_name: str
    source: str
    observed_at: datetime


class MedianOut(PricedOut):
    """The city's median of the newest day, lowest and highest, and on how many markets."""

    lowest: int
    highest: int
    markets: int
    source: str = Field(description=_SOURCE)


class MarketPriceOut(Out):
    """A commodity on one market; without a price nothing was ever published there."""

    market: str
    name: str
    point: Point | None
    day: date | None
    age_days: int | None
    price: int | None
    percent_of_median: float | None
    source: str | None
    counted: bool = Field(description="whether it is new enough to count in median and spread")


class SpreadOut(Out):
    """Between the cheapest and the dearest market, whole rupiah and percent of the median."""

    lowest: int
    highest: int
    difference: int
    percent: float
    markets: int


class CompareOut(Out):
    """One commodity on all markets, the cheapest first, those whose price is too old to count behind them."""

    commodity: str
    name: str
    unit: str
    level: Level
    median: int | None
    spread: SpreadOut | None
    references: list[ReferenceLineOut]
    markets: list[MarketPriceOut]


class PointOut(Out):
    """One day of a line; lowest, highest and markets in the city's line alone."""

    day: date
    price: int
    lowest: int | None = None
    highest: int | None = None
    markets: int | None = None


class TrendOut(Out):
    """A line: only days with a published price are in it, gaps stay gaps. `text` says it in words."""

    commodity: str
    name: str
    unit: str
    level: Level
    market: str | None
    market_name: str | None
    first: date
    last: date
    source: str | None = Field(description=_SOURCE)
    text: str
    references: list[ReferenceLineOut]
    points: list[PointOut]


class BasketItemOut(Out):
    """What is on the list."""

    commodity: str
    name: str
    unit: str
    quantity: float


class BasketMarketOut(Out):
    """What the list costs on a market; what is missing there costs nothing and is named."""

    market: str
    name: str
    point: Point | None
    distance_m: int | None
    total: int | None = Field(description="of what is there; null where nothing of the list is")
    complete: bool
    missing: list[str]
    oldest_day: date | None
    source: str | None = Field(description=_SOURCE)


class BasketOut(Out):
    """The list, and every market: what has most of it first, then the cheapest."""

    items: list[BasketItemOut]
    level: Level
    cheapest: str | None = Field(description="the cheapest market that has everything")
    markets: list[BasketMarketOut]
