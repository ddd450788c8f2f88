"""Indicators of food prices as pure functions of a series."""

from svc_prices.indicators.rules.alps import alps
from svc_prices.indicators.rules.finding import Finding, Growth, Lacking, Trend
from svc_prices.indicators.rules.ifpa import ifpa
from svc_prices.indicators.rules.reading import (
    NEWS_DAYS,
    PriceClass,
    Reading,
    Spread,
    against_quartiles,
    read_class,
    spread,
)
from svc_prices.indicators.rules.series import Months, month_of, monthly, number_of

__all__ = [
    "NEWS_DAYS",
    "Finding",
    "Growth",
    "Lacking",
    "Months",
    "PriceClass",
    "Reading",
    "Spread",
    "Trend",
    "against_quartiles",
    "alps",
    "ifpa",
    "month_of",
    "monthly",
    "number_of",
    "read_class",
    "spread",
]
