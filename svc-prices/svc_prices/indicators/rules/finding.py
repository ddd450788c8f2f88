"""What an indicator found, with all a reader needs to judge it: rule, baseline, number of observations."""

from dataclasses import dataclass
from enum import StrEnum


class Lacking(StrEnum):
    """Why there is no value; all of them show as "belum cukup data"."""

    NO_PRICE = "no_price"
    TOO_SHORT = "too_short"
    NO_VARIATION = "no_variation"


@dataclass(frozen=True, slots=True)
class Trend:
    """ALPS' baseline: the seasonal trend's price for this month, and the residuals' standard deviation."""

    expected: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Growth:
    """IFPA's baseline: usual monthly growth of this calendar month over a quarter and over a year."""

    quarter: float
    quarter_deviation: float
    year: float
    year_deviation: float
    years: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One indicator for one month; `level` is its class, None where data is lacking.

    `observations` months with a price were looked at, from month `first` to `month` (see `Months`);
    `needed` is how many it takes at least.
    """

    rule: str
    month: int
    observations: int
    needed: int
    first: int | None = None
    value: float | None = None
    level: str | None = None
    baseline: Trend | Growth | None = None
    lacking: Lacking | None = None


def level_of(value: float, lowest: str, *steps: tuple[float, str]) -> str:
    """The class of the highest threshold reached; a value on the threshold has reached it."""
    reached = [name for threshold, name in steps if value >= threshold]
    return reached[-1] if reached else lowest
