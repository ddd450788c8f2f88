"""ALPS, the Alert for Price Spikes of the World Food Programme."""

import math
from dataclasses import replace
from statistics import fmean

from svc_prices.indicators.rules.finding import Finding, Lacking, Trend, level_of
from svc_prices.indicators.rules.series import Months, above_zero

NEEDED_MONTHS = 36
_STEPS = ((0.25, "stress"), (1.0, "alert"), (2.0, "crisis"))
_NOISE = 1e-9


def alps(months: Months, month: int) -> Finding:
    """ALPS of a monthly price series at one month.

        ALPS_t = (P_t − P̂_t) / σ_ε        P̂_t = α + β t + Σ γ_j D_jt        ε_t = P_t − P̂_t

    P̂ is the seasonal trend: ordinary least squares on the month's number t and a dummy D_j for each calendar
    month, over all months with a price up to and including t; σ_ε is the standard deviation of the
    residuals (divisor n − 1). Below 0.25 normal, from 0.25 stress, from 1 alert, from 2 crisis.

    Needs 36 months with a price, each calendar month that occurs at least twice. Missing months are gaps.
    ValueError for a price that is not above zero.

    Source: World Food Programme, VAM, "Technical Guidance Note: Calculation and Use of the Alert for Price
    Spikes (ALPS) Indicator", April 2014.
    """
    known = {number: above_zero(price) for number, price in sorted(months.items()) if number <= month}
    found = Finding("alps", month, len(known), NEEDED_MONTHS, first=min(known, default=None))
    if month not in known:
        return replace(found, lacking=Lacking.NO_PRICE)
    seasons = _seasons(known)
    if len(known) < NEEDED_MONTHS or any(len(numbers) < 2 for numbers in seasons.values()):
        return replace(found, lacking=Lacking.TOO_SHORT)
    trend = _seasonal_trend(known, seasons)
    residuals = [known[number] - trend[number] for number in known]
    deviation = math.sqrt(math.fsum(each * each for each in residuals) / (len(known) - 1))
    if deviation <= _NOISE * fmean(known.values()):
        return replace(found, lacking=Lacking.NO_VARIATION)
    value = (known[month] - trend[month]) / deviation
    level = level_of(value, "normal", *_STEPS)
    return replace(found, value=value, level=level, baseline=Trend(trend[month], deviation))


def _seasons(known: Months) -> dict[int, list[int]]:
    """Month numbers by calendar month."""
    found: dict[int, list[int]] = {}
    for number in known:
        found.setdefault(number % 12, []).append(number)
    return found


def _seasonal_trend(known: Months, seasons: dict[int, list[int]]) -> dict[int, float]:
    """The fitted prices.

    With a dummy for every calendar month the slope is that of prices and times less their calendar month's
    means (Frisch and Waugh 1933, Lovell 1963): no matrix is needed.
    """
    times = {season: fmean(numbers) for season, numbers in seasons.items()}
    prices = {season: fmean(known[n] for n in numbers) for season, numbers in seasons.items()}
    apart = {n: n - times[n % 12] for n in known}
    moved = math.fsum(apart[n] * (known[n] - prices[n % 12]) for n in known)
    slope = moved / math.fsum(each * each for each in apart.values())
    return {n: prices[n % 12] + slope * apart[n] for n in known}
