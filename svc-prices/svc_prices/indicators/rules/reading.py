"""Words a resident reads beside a price: dear, normal or cheap; spread between markets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median, quantiles

from svc_prices.indicators.rules.series import above_zero

NEEDED_DAYS = 90
NEWS_DAYS = 7
"""An older price is not called dear or cheap."""
_YEAR = timedelta(days=365)
_MARGIN = 0.05


class PriceClass(StrEnum):
    """How a price stands to its own past year."""

    CHEAP = "cheap"
    NORMAL = "normal"
    DEAR = "dear"


@dataclass(frozen=True, slots=True)
class Reading:
    """A class with its reasons: the past year's median and quartiles (rupiah) over that many days.

    Without enough days `level` is None.
    """

    observations: int
    needed: int = NEEDED_DAYS
    level: PriceClass | None = None
    usual: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Between the markets of one day: rupiah, and percent of their median."""

    lowest: float
    highest: float
    difference: float
    percent: float
    markets: int


def read_class(prices: Mapping[date, float], today: date) -> Reading:
    """Dear or cheap: outside the quartiles of the published days of the year before, and 5 % off its median.

    `prices` are published daily prices; `today` itself does not count among the year's. Needs 90 days.
    The margin keeps a price that hardly ever moves from being called dear for ten rupiah.
    Rule: this service's own, after Tukey's quartiles (Exploratory Data Analysis, 1977).
    """
    year = [above_zero(price) for day, price in prices.items() if today - _YEAR <= day < today]
    now = prices.get(today)
    if now is None or len(year) < NEEDED_DAYS:
        return Reading(len(year))
    return against_quartiles(now, len(year), quantiles(year, n=4, method="inclusive"))


def against_quartiles(now: float, days: int, quartiles: Sequence[float] | None) -> Reading:
    """The same for whoever has the quartiles already (PostgreSQL's percentile_cont gives these very ones)."""
    if quartiles is None or days < NEEDED_DAYS:
        return Reading(days)
    lower, usual, upper = quartiles
    level = PriceClass.NORMAL
    if now > upper and now >= usual * (1 + _MARGIN):
        level = PriceClass.DEAR
    elif now < lower and now <= usual * (1 - _MARGIN):
        level = PriceClass.CHEAP
    return Reading(days, level=level, usual=usual, lower=lower, upper=upper)


def spread(prices: Sequence[float]) -> Spread | None:
    """How far apart the markets are; None with fewer than two."""
    if len(prices) < 2:
        return None
    lowest, highest = min(map(above_zero, prices)), max(prices)
    apart = highest - lowest
    return Spread(lowest, highest, apart, 100 * apart / median(prices), len(prices))
