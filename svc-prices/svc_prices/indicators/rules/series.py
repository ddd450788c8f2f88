"""Series of prices: months out of days."""

from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median

Months = Mapping[int, float]
"""Price by month number (12 × year + month − 1); a month without a price is not in it."""


def number_of(day: date) -> int:
    """The number of a day's month."""
    return day.year * 12 + day.month - 1


def month_of(number: int) -> date:
    """The first day of the month of that number."""
    return date(number // 12, number % 12 + 1, 1)


def monthly(days: Iterable[tuple[date, float]]) -> dict[int, float]:
    """The median of each month's daily prices, in order.

    Raises ValueError for a price that is not above zero: zero means that nobody found one.
    """
    found: dict[int, list[float]] = {}
    for day, price in days:
        found.setdefault(number_of(day), []).append(above_zero(price))
    return {number: float(median(found[number])) for number in sorted(found)}


def above_zero(price: float) -> float:
    """The price; ValueError if it is none."""
    if not 0 < price < float("inf"):
        raise ValueError("a price is above zero; no price is a gap")
    return price
