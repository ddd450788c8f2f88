"""IFPA, the Indicator of Food Price Anomalies of the FAO (SDG indicator 2.c.1)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from svc_prices.indicators.rules.finding import Finding, Growth, Lacking, level_of
from svc_prices.indicators.rules.series import Months, above_zero

GAMMA = 0.4
NEEDED_YEARS = 3
NEEDED_MONTHS = 12 * (NEEDED_YEARS + 1) + 1
_STEPS = ((0.5, "moderately_high"), (1.0, "abnormally_high"))
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class _Usual:
    mean: float
    deviation: float
    years: int


def ifpa(months: Months, month: int) -> Finding:
    """IFPA of a monthly price series at one month.

        IFPA_t = γ (CQGR_t − μ_Q) / σ_Q + (1 − γ) (CAGR_t − μ_A) / σ_A                          γ = 0.4
        CQGR_t = (P_t / P_{t−3})^(1/3) − 1                            CAGR_t = (P_t / P_{t−12})^(1/12) − 1
        μ = Σ w_y x_y / Σ w_y        σ² = Σ w_y (x_y − μ)² / ((M − 1)/M · Σ w_y)

    x_y are the growth rates of the same calendar month in the M earlier years that have one. Weights rise by
    one from year to year, beginning at 1 with the first such year; the year judged has none, so that a jump
    does not excuse itself. From 0.5 moderately high, from 1 abnormally high.

    Needs three earlier years of both growth rates. Missing months are gaps: a rate that needs one is left
    out, its year keeps its place in the weights. ValueError for a price that is not above zero.

    Sources: F. G. Baquedano, "Developing an indicator of price anomalies as an early warning tool: a
    compound growth approach", FAO, Rome 2015; FAO, SDG indicator 2.c.1, metadata 02-0C-01. That the year
    judged has no weight, and the floor of three earlier years: Office for National Statistics, "Identifying
    food price anomalies to support the Sustainable Development Goals", 2021.
    """
    known = {number: above_zero(price) for number, price in sorted(months.items()) if number <= month}
    found = Finding("ifpa", month, len(known), NEEDED_MONTHS, first=min(known, default=None))
    if month not in known:
        return replace(found, lacking=Lacking.NO_PRICE)
    quarter, year = (_score(known, month, over) for over in (3, 12))
    if quarter is None or year is None:
        return replace(found, lacking=Lacking.TOO_SHORT)
    if quarter[1].deviation <= _NOISE or year[1].deviation <= _NOISE:
        return replace(found, lacking=Lacking.NO_VARIATION)
    value = GAMMA * _standing(*quarter) + (1 - GAMMA) * _standing(*year)
    level = level_of(value, "normal", *_STEPS)
    return replace(found, value=value, level=level, baseline=_growth(quarter[1], year[1]))


def _score(known: Months, month: int, over: int) -> tuple[float, _Usual] | None:
    """This month's growth over that many months, and what is usual; None if there is too little."""
    now = _growth_rate(known, month, over)
    earlier = [
        (number, rate)
        for number in range(min(known) + (month - min(known)) % 12, month, 12)
        if (rate := _growth_rate(known, number, over)) is not None
    ]
    if now is None or len(earlier) < NEEDED_YEARS:
        return None
    first = earlier[0][0]
    return now, _usual([((number - first) // 12 + 1, rate) for number, rate in earlier])


def _growth_rate(known: Months, month: int, over: int) -> float | None:
    if month not in known or month - over not in known:
        return None
    return float((known[month] / known[month - over]) ** (1 / over) - 1)


def _usual(rates: Sequence[tuple[int, float]]) -> _Usual:
    """Weighted mean and standard deviation of (weight, rate)."""
    total, count = math.fsum(weight for weight, _ in rates), len(rates)
    mean = math.fsum(weight * rate for weight, rate in rates) / total
    squares = math.fsum(weight * (rate - mean) ** 2 for weight, rate in rates)
    return _Usual(mean, math.sqrt(squares / ((count - 1) / count * total)), count)


def _standing(now: float, usual: _Usual) -> float:
    return (now - usual.mean) / usual.deviation


def _growth(quarter: _Usual, year: _Usual) -> Growth:
    return Growth(quarter.mean, quarter.deviation, year.mean, year.deviation, min(quarter.years, year.years))
